<#import "field.ftl" as field>
<#-- Ticked to begin with: who changes what opens the account may have lost a device. -->
<#macro logoutOtherSessions>
  <div class="${properties.kcFormGroupClass!}">
    <@field.checkbox name="logout-sessions" label=msg("logoutOtherSessions") value=true/>
  </div>
</#macro>
