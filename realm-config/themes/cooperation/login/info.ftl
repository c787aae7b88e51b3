<#import "template.ftl" as layout>
<#import "footer.ftl" as loginFooter>

<#-- What the page is about. Keycloak gives its text alone: which one it is, is known by comparing. An invitation's link
     ends with the platform's address; a forgotten password's without one, and may have made a first password too. -->
<#assign others = (requiredActions![])?filter(action -> !["UPDATE_PASSWORD", "VERIFY_EMAIL"]?seq_contains(action))>
<#assign toPassword = (requiredActions![])?seq_contains("UPDATE_PASSWORD") && !others?has_content>
<#assign isDone = message.summary == msg("accountUpdatedMessage") || message.summary == msg("accountPasswordUpdatedMessage")>
<#assign kind = pageRedirectUri?has_content?then("Created", "Saved")>

<@layout.registrationLayout displayMessage=false; section>
  <#if section = "header">
    <#if toPassword>
      ${msg("cooperationInvitationTitle")}
    <#elseif isDone>
      ${msg("cooperationPassword${kind}Title")}
    <#elseif messageHeader??>
      ${kcSanitize(msg("${messageHeader}"))?no_esc}
    <#else>
      ${message.summary}
    </#if>
  <#elseif section = "form">
    <div id="kc-info-message">
      <#if toPassword>
        <p>${msg("cooperationInvitation")}</p>
      <#elseif isDone>
        <p>${msg("cooperationPassword${kind}")}</p>
      <#elseif messageHeader?? || requiredActions??>
        <p>${message.summary}</p>
        <#if requiredActions??>
        <ul class="${properties.kcListClass}">
          <#list requiredActions as action><li>${kcSanitize(msg("requiredAction.${action}"))?no_esc}</li></#list>
        </ul>
        </#if>
      </#if>
      <#if actionUri?has_content>
        <p><a class="${properties.kcButtonPrimaryClass} ${properties.kcButtonBlockClass}" id="kc-proceed" href="${actionUri}" data-once>${msg(toPassword?then("cooperationInvitationProceed", "proceedWithAction"))}</a></p>
      <#elseif isDone || !skipLink??>
        <@loginFooter.platform href=pageRedirectUri!(client.baseUrl)!""/>
      </#if>
    </div>
  </#if>
</@layout.registrationLayout>
