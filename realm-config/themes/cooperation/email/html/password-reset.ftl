<#import "/facts.ftl" as facts>
<#import "template.ftl" as layout>
<#import "parts.ftl" as parts>
<@layout.emailLayout title=msg("passwordResetSubject")>
<h1 style="margin:8px 0 16px;font-size:24px;line-height:1.25">${msg("cooperationResetTitle")}</h1>
<p>${facts.greeting}</p>
<p>${msg("cooperationReset")}</p>
<@parts.toPassword button=msg("cooperationResetButton")/>
<@layout.heading label=msg("cooperationNotYoursTitle")/>
<p>${msg("cooperationNotYours")}</p>
<@parts.genuine/>
<@parts.data/>
<@parts.closing/>
</@layout.emailLayout>
