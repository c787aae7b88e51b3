<#import "/facts.ftl" as facts>
<#import "template.ftl" as layout>

<#macro toPassword button>
<@layout.button href=link label=button/>
<p>${msg("cooperationLinkLife", facts.life)} ${msg("cooperationOpenAlone")}</p>
<@layout.heading label=msg("cooperationExpiredTitle")/>
<p>${msg("cooperationExpired")} <@layout.anchor href=facts.newLink label=msg("cooperationExpiredLink")/></p>
</#macro>

<#macro genuine>
<@layout.heading label=msg("cooperationGenuineTitle")/>
<ul style="padding-left:24px">
<#if facts.sender?has_content><li>${msg("cooperationGenuineSender", facts.sender)}</li></#if>
<li>${msg("cooperationGenuineHost", facts.host)}</li>
<li>${msg("cooperationGenuinePassword")}</li>
</ul>
<p>${msg("cooperationGenuineDoubt")}</p>
<@layout.heading label=msg("cooperationAskTitle")/>
<p><#if facts.contact?has_content><@layout.anchor href="mailto:" + facts.contact label=msg("cooperationAsk", facts.contact)/><#else>${msg("cooperationAskPartner")}</#if></p>
</#macro>

<#macro data>
<@layout.heading label=msg("cooperationDataTitle")/>
<p>${msg("cooperationData")}
<#if facts.privacy?has_content><@layout.anchor href=facts.privacy label=msg("cooperationPrivacy")/><#else>${msg("cooperationPrivacyOnPlatform")} <@layout.anchor href=facts.platform label=facts.platform/></#if>
<#if facts.terms?has_content><br><@layout.anchor href=facts.terms label=msg("cooperationTerms")/></#if></p>
</#macro>

<#macro closing>
<p style="margin-top:24px">${msg("cooperationClosing")}<br>${msg("cooperationSignature")}</p>
<p style="margin-top:24px;padding-top:16px;border-top:1px solid #c9ced6;font-size:14px">${msg("cooperationLinkCopied")}<br>
<span style="word-break:break-all">${link}</span></p>
</#macro>
