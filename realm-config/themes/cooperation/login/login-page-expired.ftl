<#import "template.ftl" as layout>
<@layout.registrationLayout; section>
  <#if section = "header">
    ${msg("pageExpiredTitle")}
  <#elseif section = "form">
    <p>${msg("cooperationPageExpired")}</p>
    <p><a class="${properties.kcButtonPrimaryClass} ${properties.kcButtonBlockClass}" id="loginContinueLink" href="${url.loginAction}">${msg("cooperationPageContinue")}</a></p>
    <p><a class="${properties.kcButtonSecondaryClass} ${properties.kcButtonBlockClass}" id="loginRestartLink" href="${url.loginRestartFlowUrl}">${msg("cooperationPageRestart")}</a></p>
  </#if>
</@layout.registrationLayout>
