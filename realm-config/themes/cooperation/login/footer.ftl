<#-- D6: what is done with the person's data is one step away from each page. -->
<#macro content>
<#if msg("cooperationPrivacyUrl")?has_content || msg("cooperationTermsUrl")?has_content>
<footer class="cooperation-footer">
  <ul>
    <#if msg("cooperationPrivacyUrl")?has_content>
    <li><a href="${msg("cooperationPrivacyUrl")}">${msg("cooperationPrivacy")}</a></li>
    </#if>
    <#if msg("cooperationTermsUrl")?has_content>
    <li><a href="${msg("cooperationTermsUrl")}">${msg("cooperationTerms")}</a></li>
    </#if>
  </ul>
</footer>
</#if>
</#macro>

<#-- Whom to ask, on the pages that say that something does not work. -->
<#macro contact>
<#if msg("cooperationContact")?has_content>
<p id="kc-contact">${msg("cooperationHelp")} <#rt>
<#if msg("cooperationContact")?contains("@")><a href="mailto:${msg("cooperationContact")}">${msg("cooperationContact")}</a><#else>${msg("cooperationContact")}</#if></p><#t>
</#if>
</#macro>

<#-- The way to the platform, also where Keycloak gives none. -->
<#macro platform href="">
<#local address = href?has_content?then(href, msg("cooperationPlatformUrl"))>
<#if address?has_content>
<p><a class="${properties.kcButtonPrimaryClass} ${properties.kcButtonBlockClass}" id="backToApplication" href="${address}">${msg("backToApplication")}</a></p>
</#if>
</#macro>
