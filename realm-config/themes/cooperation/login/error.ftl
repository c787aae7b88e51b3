<#import "template.ftl" as layout>
<#import "footer.ftl" as loginFooter>

<#-- A link that has expired or has served: known by comparing, since Keycloak gives the text alone. -->
<#assign isDeadLink = [msg("expiredActionMessage"), msg("expiredActionTokenNoSessionMessage"), msg("expiredActionTokenSessionExistsMessage"), msg("staleEmailVerificationLink")]?seq_contains(message.summary)>

<@layout.registrationLayout displayMessage=false; section>
  <#if section = "header">
    ${msg(isDeadLink?then("cooperationDeadLinkTitle", "cooperationErrorTitle"))}
  <#elseif section = "form">
    <div id="kc-error-message">
      <#if isDeadLink && realm.resetPasswordAllowed>
        <p>${msg("cooperationDeadLink")}</p>
        <p><a class="${properties.kcButtonPrimaryClass} ${properties.kcButtonBlockClass}" id="kc-new-link" href="${url.loginResetCredentialsUrl}">${msg("cooperationNewLink")}</a></p>
      <#else>
        <p role="alert">${kcSanitize(message.summary)?no_esc}</p>
        <#if traceId??>
        <p id="traceId">${msg("traceIdSupportMessage", traceId)}</p>
        </#if>
        <#if !skipLink??>
        <@loginFooter.platform href=(client.baseUrl)!""/>
        </#if>
      </#if>
      <@loginFooter.contact/>
    </div>
  </#if>
</@layout.registrationLayout>
