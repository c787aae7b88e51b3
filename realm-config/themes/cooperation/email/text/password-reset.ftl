<#ftl output_format="plainText">
<#import "/facts.ftl" as facts>
<#import "parts.ftl" as parts>
${facts.greeting}

${msg("cooperationReset")}

<@parts.toPassword/>

${msg("cooperationNotYoursTitle")}
${msg("cooperationNotYours")}

<@parts.genuine/>

<@parts.data/>

<@parts.closing/>
