<#-- Of the Caf's agents: persons of partners have no second factor. Differs from Keycloak's own by its labels. -->
<#import "template.ftl" as layout>
<#import "field.ftl" as field>
<#import "buttons.ftl" as buttons>
<#import "password-commons.ftl" as passwordCommons>
<#assign isManual = (mode!"") == "manual">
<@layout.registrationLayout displayMessage=!messagesPerField.existsError("totp", "userLabel"); section>
  <#if section = "header">
    ${msg("loginTotpTitle")}
  <#elseif section = "form">
    <ol id="kc-totp-settings" class="${properties.kcListClass}">
      <li>
        <p>${msg("loginTotpStep1")}</p>
        <ul id="kc-totp-supported-apps">
          <#list totp.supportedApplications as app><li>${msg(app)}</li></#list>
        </ul>
      </li>
      <li>
        <#if isManual>
        <p>${msg("loginTotpManualStep2")} <strong id="kc-totp-secret-key" class="cooperation-address">${totp.totpSecretEncoded}</strong></p>
        <p>${msg("loginTotpManualStep3")}</p>
        <ul>
          <li>${msg("loginTotpType")}&#160;: ${msg("loginTotp." + totp.policy.type)}</li>
          <li>${msg("loginTotpAlgorithm")}&#160;: ${totp.policy.getAlgorithmKey()}</li>
          <li>${msg("loginTotpDigits")}&#160;: ${totp.policy.digits}</li>
          <#if totp.policy.type == "totp">
          <li>${msg("loginTotpInterval")}&#160;: ${totp.policy.period}</li>
          <#else>
          <li>${msg("loginTotpCounter")}&#160;: ${totp.policy.initialCounter?c}</li>
          </#if>
        </ul>
        <p><a href="${totp.qrUrl}" id="mode-barcode">${msg("loginTotpScanBarcode")}</a></p>
        <#else>
        <p>${msg("loginTotpStep2")}</p>
        <img id="kc-totp-secret-qr-code" src="data:image/png;base64, ${totp.totpSecretQrCode}" alt="${msg("cooperationTotpImage")}">
        <p><a href="${totp.manualUrl}" id="mode-manual">${msg("loginTotpUnableToScan")}</a></p>
        </#if>
      </li>
      <li>${msg("loginTotpStep3")} ${msg("loginTotpStep3DeviceName")}</li>
    </ol>
    <form action="${url.loginAction}" class="${properties.kcFormClass!} ${properties.kcMarginTopClass}" id="kc-totp-settings-form" method="post" novalidate data-once>
      <@field.input name="totp" label=msg("authenticatorCode") autocomplete="one-time-code" required=true/>
      <@field.input name="userLabel" label=msg("loginTotpDeviceName") required=(totp.otpCredentials?size gte 1)/>
      <input type="hidden" id="totpSecret" name="totpSecret" value="${totp.totpSecret}">
      <#if mode??><input type="hidden" id="mode" name="mode" value="${mode}"></#if>
      <@passwordCommons.logoutOtherSessions/>
      <@buttons.actionGroup>
        <@buttons.button id="saveTOTPBtn" label="cooperationTotpSave"/>
        <#if isAppInitiatedAction??>
        <@buttons.button id="cancelTOTPBtn" label="doCancel" name="cancel-aia" type="secondary"/>
        </#if>
      </@buttons.actionGroup>
    </form>
  </#if>
</@layout.registrationLayout>
