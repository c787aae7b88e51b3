<#-- The frame of every page. It differs from Keycloak's own: each page has a title of its own, messages are told to a
     screen reader, and no script stands in the page itself (one may forbid that by Content-Security-Policy). -->
<#import "field.ftl" as field>
<#import "footer.ftl" as loginFooter>

<#macro username>
  <@field.group name="kc-attempted-username" label=msg("email")>
    <div class="${properties.kcInputGroup}">
      <div class="${properties.kcInputGroupItemClass} ${properties.kcFill}">
        <span class="${properties.kcInputClass} ${properties.kcFormReadOnlyClass}">
          <input id="kc-attempted-username" value="${auth.attemptedUsername}" readonly>
        </span>
      </div>
    </div>
    <p class="cooperation-aside"><a id="reset-login" href="${url.loginRestartFlowUrl}">${msg("restartLoginTooltip")}</a></p>
  </@field.group>
</#macro>

<#macro anotherWay name id label>
  <form id="kc-${id}-form" action="${url.loginAction}" method="post" novalidate>
    <input type="hidden" name="${name}" value="on">
    <button id="${id}" type="submit" class="${properties.kcButtonSecondaryClass} ${properties.kcButtonBlockClass} ${properties.kcMarginTopClass}">${label}</button>
  </form>
</#macro>

<#macro registrationLayout bodyClass="" displayInfo=false displayMessage=true displayRequiredFields=false>
<#local heading><#nested "header"></#local>
<#-- Where somebody was signed in to begin with, another tab's login changes nothing; only these pages wait for one. -->
<#local waits = authenticationSession??>
<!DOCTYPE html>
<html class="${properties.kcHtmlClass!}" lang="${lang}" dir="${((locale.rtl)!false)?then('rtl', 'ltr')}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light">
  <meta name="robots" content="noindex, nofollow">
  <title>${heading?markup_string?replace("<[^>]*>", "", "r")?trim?no_esc} – ${(realm.displayName)!}</title>
  <link rel="icon" href="data:,">
  <#list properties.stylesCommon?split(" ") as style>
  <link href="${url.resourcesCommonPath}/${style}" rel="stylesheet">
  </#list>
  <#list properties.styles?split(" ") as style>
  <link href="${url.resourcesPath}/${style}?v=${properties.cooperationResources}" rel="stylesheet">
  </#list>
  <#if pageId?contains("webauthn") || pageId?contains("passkey") || enableWebAuthnConditionalUI??>
  <script type="importmap">{"imports": {"rfc4648": "${url.resourcesCommonPath}/vendor/rfc4648/rfc4648.js"}}</script>
  </#if>
  <#list scripts![] as script>
  <script src="${script}"></script>
  </#list>
  <script type="module" src="${url.resourcesPath}/js/passwordVisibility.js"></script>
  <script type="module" src="${url.resourcesPath}/js/cooperation.js?v=${properties.cooperationResources}"></script>
</head>
<body data-page-id="login-${pageId}" data-sso-url="${url.ssoLoginInOtherTabsUrl}"<#if waits> data-auth-session="${authenticationSession.authSessionIdHash}"</#if>>
<div class="${properties.kcLogin!}">
  <div class="${properties.kcLoginContainer!}">
    <header id="kc-header" class="cooperation-header">
      <p id="kc-header-wrapper">${kcSanitize(msg("loginTitleHtml", (realm.displayNameHtml)!""))?no_esc}</p>
    </header>
    <main class="${properties.kcLoginMain!}">
      <div class="${properties.kcLoginMainHeader!}">
        <h1 class="${properties.kcLoginMainTitle!}" id="kc-page-title">${heading}</h1>
      </div>
      <div class="${properties.kcLoginMainBody!}">
        <#if displayRequiredFields>
        <p class="cooperation-aside"><span class="${properties.kcInputRequiredClass!}">*</span> ${msg("requiredFields")}</p>
        </#if>
        <#if auth?has_content && auth.showUsername() && !auth.showResetCredentials()>
        <div class="${properties.kcFormClass} ${properties.kcContentWrapperClass}">
          <#nested "show-username">
          <@username/>
        </div>
        </#if>
        <#-- A change that the person asked for needs no warning that it has to be made. -->
        <#if displayMessage && message?has_content && (message.type != "warning" || !isAppInitiatedAction??)>
        <div class="${properties.kcAlertClass!} pf-m-${(message.type == 'error')?then('danger', message.type)}" role="${(message.type == 'error')?then('alert', 'status')}">
          <div class="${properties.kcAlertIconClass!}"><span class="${properties["kcFeedback" + message.type?cap_first + "Icon"]!}" aria-hidden="true"></span></div>
          <span class="${properties.kcAlertTitleClass!} kc-feedback-text">${message.summary}</span>
        </div>
        </#if>

        <#nested "form">

        <#if auth?has_content && auth.showTryAnotherWayLink()>
          <@anotherWay name="tryAnotherWay" id="try-another-way" label=msg("doTryAnotherWay")/>
        </#if>
        <#if switchOrganizationEnabled?? && switchOrganizationEnabled>
          <@anotherWay name="switchOrganization" id="switch-organization" label=msg("doSwitchOrganization")/>
        </#if>

        <div class="${properties.kcLoginMainFooter!}">
          <#nested "socialProviders">
          <#if displayInfo>
          <div id="kc-info" class="${properties.kcLoginMainFooterBand!} ${properties.kcFormClass}">
            <div id="kc-info-wrapper" class="${properties.kcLoginMainFooterBandItem!}"><#nested "info"></div>
          </div>
          </#if>
        </div>
      </div>
    </main>
    <@loginFooter.content/>
  </div>
</div>
</body>
</html>
</#macro>
