<#import "/facts.ftl" as facts>
<#import "template.ftl" as layout>
<#import "parts.ftl" as parts>
<#if facts.isForPassword>
<@layout.emailLayout title=msg("executeActionsSubject")>
<h1 style="margin:8px 0 16px;font-size:24px;line-height:1.25">${msg("cooperationInvitationTitle")}</h1>
<p>${facts.greeting}</p>
<p>${facts.partner?has_content?then(msg("cooperationInvitationOfPartner", facts.partner), msg("cooperationInvitation"))}</p>
<p>${msg("cooperationIdentifier", user.email)}</p>
<@parts.toPassword button=msg("cooperationInvitationButton")/>
<@parts.genuine/>
<@parts.data/>
<@parts.closing/>
</@layout.emailLayout>
<#else>
<#assign actions><#list requiredActions![] as action>${msg("requiredAction.${action}")}<#sep>, </#sep></#list></#assign>
<@layout.emailLayout title=msg("executeActionsSubject")>
${kcSanitize(msg("executeActionsBodyHtml", link, linkExpiration, realmName, actions, facts.life))?no_esc}
</@layout.emailLayout>
</#if>
