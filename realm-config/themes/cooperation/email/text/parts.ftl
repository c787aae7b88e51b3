<#ftl output_format="plainText">
<#import "/facts.ftl" as facts>
<#macro toPassword>
${msg("cooperationOpenLink")}

${link}

${msg("cooperationLinkLife", facts.life)}
${msg("cooperationOpenAlone")}

${msg("cooperationExpiredTitle")}
${msg("cooperationExpired")}
${msg("cooperationExpiredPage", facts.newLink)}
</#macro>
<#macro genuine>
${msg("cooperationGenuineTitle")}
<#if facts.sender?has_content>
- ${msg("cooperationGenuineSender", facts.sender)}
</#if>
- ${msg("cooperationGenuineHost", facts.host)}
- ${msg("cooperationGenuinePassword")}
${msg("cooperationGenuineDoubt")}

${msg("cooperationAskTitle")}
<#if facts.contact?has_content>
${msg("cooperationAsk", facts.contact)}
<#else>
${msg("cooperationAskPartner")}
</#if>
</#macro>
<#macro data>
${msg("cooperationDataTitle")}
${msg("cooperationData")}
<#if facts.privacy?has_content>
${msg("cooperationPrivacy")} : ${facts.privacy}
<#else>
${msg("cooperationPrivacyOnPlatform")} : ${facts.platform}
</#if>
<#if facts.terms?has_content>
${msg("cooperationTerms")} : ${facts.terms}
</#if>
</#macro>
<#macro closing>
${msg("cooperationClosing")}
${msg("cooperationSignature")}
</#macro>
