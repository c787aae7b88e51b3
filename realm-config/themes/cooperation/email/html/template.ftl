<#macro emailLayout title="">
<!DOCTYPE html>
<html lang="${locale.language}" dir="${(ltr!true)?then('ltr','rtl')}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title?has_content?then(title, realmName)}</title>
</head>
<body style="margin:0;padding:0;background:#f2f4f7;color:#1b1b1b;font-family:Arial,Helvetica,sans-serif;font-size:16px;line-height:1.5">
<main style="box-sizing:border-box;max-width:600px;margin:0 auto;padding:16px 20px;background:#ffffff;overflow-wrap:break-word">
<#nested>
</main>
</body>
</html>
</#macro>

<#-- A link that looks like a button; the cell's colour is for Outlook. -->
<#macro button href label>
<table role="presentation" cellpadding="0" cellspacing="0" border="0"><tr>
<td bgcolor="#12396b" style="border-radius:6px;background:#12396b"><a href="${href}" style="display:inline-block;padding:14px 24px;border-radius:6px;background:#12396b;color:#ffffff;font-weight:bold;text-decoration:none">${label}</a></td>
</tr></table>
</#macro>

<#macro anchor href label><a href="${href}" style="color:#0b4f9e">${label}</a></#macro>

<#macro heading label><h2 style="margin:24px 0 0;font-size:18px">${label}</h2></#macro>
