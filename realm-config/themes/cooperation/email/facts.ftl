<#-- What both parts of an e-mail tell, from what Keycloak gives to a template: the link, the person, the realm's texts. -->
<#assign name = [user.firstName!"", user.lastName!""]?join(" ")?trim>
<#assign greeting = name?has_content?then(msg("cooperationGreeting", name), msg("cooperationGreetingOfNobody"))>

<#-- The partner's code; its name where the realm has a text for it. -->
<#assign code = (user.attributes.partenaire)!"">
<#assign named = msg("cooperationPartner." + code)>
<#assign partner = named?starts_with("cooperationPartner.")?then(code, named)>

<#-- Keycloak's own address, as the link has it, and the page that sends another link. -->
<#assign host = link?keep_before("/realms/") + "/">
<#assign newLink = link?keep_before("/login-actions/") + "/login-actions/reset-credentials?client_id=cooperation">
<#assign life = linkExpirationFormatter(linkExpiration)>

<#assign contact = msg("cooperationContact")>
<#assign sender = msg("cooperationSender")>
<#assign privacy = msg("cooperationPrivacyUrl")>
<#assign terms = msg("cooperationTermsUrl")>
<#assign platform = msg("cooperationPlatformUrl")>

<#-- Whether the link makes a password, and nothing that our words do not tell of. -->
<#assign others = (requiredActions![])?filter(action -> !["UPDATE_PASSWORD", "VERIFY_EMAIL"]?seq_contains(action))>
<#assign isForPassword = (requiredActions![])?seq_contains("UPDATE_PASSWORD") && !others?has_content>
