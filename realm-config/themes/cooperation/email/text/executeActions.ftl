<#ftl output_format="plainText">
<#import "/facts.ftl" as facts>
<#import "parts.ftl" as parts>
<#if facts.isForPassword>
${facts.greeting}

${facts.partner?has_content?then(msg("cooperationInvitationOfPartner", facts.partner), msg("cooperationInvitation"))}
${msg("cooperationIdentifier", user.email)}

<@parts.toPassword/>

<@parts.genuine/>

<@parts.data/>

<@parts.closing/>
<#else>
<#assign actions><#list requiredActions![] as action>${msg("requiredAction.${action}")}<#sep>, </#sep></#list></#assign>
${msg("executeActionsBody", link, linkExpiration, realmName, actions, facts.life)}
</#if>
