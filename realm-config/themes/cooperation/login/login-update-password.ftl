<#import "template.ftl" as layout>
<#import "field.ftl" as field>
<#import "buttons.ftl" as buttons>
<#import "password-commons.ftl" as passwordCommons>

<#-- Whether there is a password yet: the invitation's link makes one, any other way changes it. -->
<#assign hasPassword = !(authenticatorConfigured??) || authenticatorConfigured("auth-password-form")>
<#assign kind = hasPassword?then("Change", "Create")>

<#macro rule name>
<#local least = passwordPolicies[name]!0>
<#if least gt 0>
<li data-rule="${name}" data-figure="${least?c}"<#if name == "maxLength"> hidden</#if>>
  <span class="cooperation-mark" aria-hidden="true"></span>
  <span><span data-words>${msg((least == 1)?then("cooperationRule.one." + name, "cooperationRule." + name), least?c)}</span><span class="cooperation-state" data-state></span></span>
</li>
</#if>
</#macro>

<@layout.registrationLayout displayMessage=message?has_content && message.type == "error" && !messagesPerField.existsError("password", "password-confirm"); section>
  <#if section = "header">
    ${msg("cooperationPassword${kind}Title")}
  <#elseif section = "form">
    <form id="kc-passwd-update-form" class="${properties.kcFormClass!}" action="${url.loginAction}" method="post" novalidate data-once>
      <#if username?has_content>
      <p>${msg("cooperationPasswordAccount")} <strong class="cooperation-address">${username}</strong></p>
      <input type="text" name="username" value="${username}" autocomplete="username" readonly hidden>
      </#if>
      <div class="cooperation-rules" id="password-rules" data-met="${msg("cooperationRuleMet")}" data-progress="${msg("cooperationRulesProgress")}" data-all="${msg("cooperationRulesAll")}">
        <p id="password-rules-title">${msg("cooperationRules")}</p>
        <ul aria-labelledby="password-rules-title">
          <@rule "length"/><@rule "upperCase"/><@rule "lowerCase"/><@rule "digits"/><@rule "specialChars"/><@rule "maxLength"/>
        </ul>
        <p class="cooperation-unseen" id="password-rules-progress" aria-live="polite"></p>
      </div>
      <@field.password name="password-new" label=msg("passwordNew") fieldName="password" autocomplete="new-password" autofocus=true/>
      <@field.password name="password-confirm" label=msg("passwordConfirm") autocomplete="new-password"/>
      <p class="cooperation-mismatch" id="password-mismatch" aria-live="polite" data-words="${msg("notMatchPasswordMessage")}"></p>
      <#if hasPassword>
      <@passwordCommons.logoutOtherSessions/>
      </#if>
      <@buttons.actionGroup>
        <@buttons.button id="kc-submit" name="login" label="cooperationPasswordSave"/>
        <#if isAppInitiatedAction??>
        <@buttons.button id="kc-cancel" label="doCancel" name="cancel-aia" type="secondary"/>
        </#if>
      </@buttons.actionGroup>
    </form>
  </#if>
</@layout.registrationLayout>
