using SchemaHub.Application.Contacts;
using SchemaHub.Infrastructure.Contacts;

namespace SchemaHub.Infrastructure.Specs.Contacts;

/// <summary>What exports of other tools say against writing to somebody is understood.</summary>
public sealed class ToolExportsSpec
{
    // The answer of each row: "in" is somebody who may be subscribed on a stated basis, "dormant" somebody who may not
    // and has not left.
    [TestCase(
        "Ghost",
        "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,labels\n"
            + "1,a@x.org,A,,true,false,,2024-01-01T00:00:00.000Z,\n"
            + "2,b@x.org,B,,false,true,,2024-01-01T00:00:00.000Z,vip\n",
        "in",
        "Unsubscribed"
    )]
    [TestCase(
        "Kit",
        "email,state\na@x.org,active\nb@x.org,cancelled\nc@x.org,bounced\nd@x.org,complained\ne@x.org,inactive\n",
        "in",
        "Unsubscribed",
        "Bounced",
        "Complained",
        "dormant"
    )]
    [TestCase(
        "ConvertKit",
        "First Name,Email,Status,Created At\nA,a@x.org,active,2024-01-01\nB,b@x.org,unconfirmed,2024-01-01\n"
            + "C,c@x.org,cancelled,2024-01-01\n",
        "in",
        "dormant",
        "Unsubscribed"
    )]
    [TestCase(
        "Brevo",
        "CONTACT ID;EMAIL;FIRSTNAME;SMS;EMAIL_BLACKLISTED;SMS_BLACKLISTED;DOUBLE_OPT-IN;ADDED_TIME\n"
            + "1;a@x.org;A;;0;1;1;01-02-2024\n2;b@x.org;B;;1;0;1;01-02-2024\n3;c@x.org;C;;0;0;2;01-02-2024\n",
        "in",
        "Unsubscribed",
        "dormant"
    )]
    [TestCase(
        "Substack",
        "email,active_subscription,expiry,plan,email_disabled,digest_enabled,created_at\n"
            + "a@x.org,false,,other,false,false,2024-01-01T00:00:00.000Z\n"
            + "b@x.org,true,,yearly,true,true,2024-01-01T00:00:00.000Z\n",
        "in",
        "Unsubscribed"
    )]
    [TestCase(
        "phpList",
        "email,Is this subscriber confirmed,Is this subscriber blacklisted,Number of bounces on this subscriber\n"
            + "a@x.org,1,0,3\nb@x.org,0,0,0\nc@x.org,1,1,0\n",
        "in",
        "dormant",
        "Blocked"
    )]
    [TestCase(
        "phpList",
        "id\temail\tconfirmed\tblacklisted\toptedin\tbouncecount\tdisabled\n"
            + "1\ta@x.org\t1\t0\t0\t2\t0\n2\tb@x.org\t1\t1\t1\t0\t0\n3\tc@x.org\t1\t0\t1\t0\t1\n",
        "in",
        "Blocked",
        "dormant"
    )]
    [TestCase(
        "Buttondown",
        "email_address,type,creation_date,tags,unsubscription_date,undeliverability_reason\n"
            + "a@x.org,regular,2024-01-01T00:00:00Z,x,,\nb@x.org,unactivated,2024-01-01T00:00:00Z,,,\n"
            + "c@x.org,unsubscribed,2024-01-01T00:00:00Z,,2025-01-01T00:00:00Z,\n"
            + "d@x.org,undeliverable,2024-01-01T00:00:00Z,,,hard\n"
            + "e@x.org,spammy,2024-01-01T00:00:00Z,,,\nf@x.org,premium,2024-01-01T00:00:00Z,,,\n",
        "in",
        "dormant",
        "Unsubscribed",
        "Bounced",
        "Blocked",
        "in"
    )]
    [TestCase(
        "Mailjet",
        "contact_id,email,name,is_unsubscribed,is_excluded_from_campaigns,unsubscribed_at\n"
            + "1,a@x.org,A,false,false,\n2,b@x.org,B,true,false,2025-01-01T00:00:00Z\n3,c@x.org,C,false,true,\n",
        "in",
        "Unsubscribed",
        "Blocked"
    )]
    [TestCase("Mailjet", "email,unsub\na@x.org,0\nb@x.org,1\n", "in", "Unsubscribed")]
    [TestCase(
        "MailerLite",
        "Subscriber,Status,Sent,Opens,Subscribed,Location,Unsubscribed\n"
            + "a@x.org,Active,3,1,2024-01-01 10:00:00,AT,\n"
            + "b@x.org,Unsubscribed,3,1,2024-01-01 10:00:00,AT,2024-02-02 10:00:00\n"
            + "c@x.org,Unconfirmed,0,0,,AT,\n"
            + "d@x.org,Bounced,1,0,2024-01-01 10:00:00,AT,\n"
            + "e@x.org,Junk,1,0,2024-01-01 10:00:00,AT,\n",
        "in",
        "Unsubscribed",
        "dormant",
        "Bounced",
        "Complained"
    )]
    [TestCase(
        "Campaign Monitor",
        "Email Address,Name,State,Date,ConsentToTrack\na@x.org,A,Active,2024-01-01,Yes\n"
            + "b@x.org,B,Unsubscribed,2024-01-01,No\nc@x.org,C,Bounced,2024-01-01,\nd@x.org,D,Deleted,2024-01-01,\n"
            + "e@x.org,E,Unconfirmed,2024-01-01,\nf@x.org,F,Spam,2024-01-01,\ng@x.org,G,Suppressed,2024-01-01,\n",
        "in",
        "Unsubscribed",
        "Bounced",
        "dormant",
        "dormant",
        "Complained",
        "Blocked"
    )]
    [TestCase(
        "beehiiv",
        "id,email,status,subscription_tier,utm_source,created_at\n1,a@x.org,active,free,,2024-01-01\n"
            + "2,b@x.org,inactive,free,,2024-01-01\n"
            + "3,c@x.org,pending,free,,2024-01-01\n"
            + "4,d@x.org,invalid,free,,2024-01-01\n",
        "in",
        "dormant",
        "dormant",
        "Bounced"
    )]
    [TestCase(
        "HubSpot",
        "Record ID,First Name,Email,Unsubscribed from all email,Email hard bounce reason,Marketing contact status,"
            + "Lead Status,Opted out of email: Marketing Information\n"
            + "1,A,a@x.org,,,Marketing contact,New,\n"
            + "2,B,b@x.org,true,,Marketing contact,,\n"
            + "3,C,c@x.org,false,UNKNOWN_USER,Marketing contact,,\n"
            + "4,D,d@x.org,,,Non-marketing contact,,\n5,E,e@x.org,,,Marketing contact,,Yes\n",
        "in",
        "Unsubscribed",
        "Bounced",
        "dormant",
        "Unsubscribed"
    )]
    [TestCase(
        "HubSpot",
        "Email,Portal Bounce,Portal Unsubscribe,Portal Spam Report,Global Bounce,Marketing Information\n"
            + "a@x.org,FALSE,FALSE,FALSE,FALSE,FALSE\n"
            + "b@x.org,FALSE,TRUE,FALSE,FALSE,FALSE\n"
            + "c@x.org,FALSE,FALSE,TRUE,FALSE,FALSE\n"
            + "d@x.org,MAILBOX_UNKNOWN,FALSE,FALSE,FALSE,FALSE\ne@x.org,FALSE,FALSE,FALSE,FALSE,TRUE\n",
        "in",
        "Unsubscribed",
        "Complained",
        "Bounced",
        "Unsubscribed"
    )]
    [TestCase(
        "Klaviyo",
        "Email,First Name,Email Marketing Consent,Email Suppressions,SMS Marketing Consent\n"
            + "a@x.org,A,SUBSCRIBED,[],UNSUBSCRIBED\n"
            + "b@x.org,B,UNSUBSCRIBED,\"['UNSUBSCRIBE']\",\n"
            + "c@x.org,C,NEVER_SUBSCRIBED,,\n"
            + "d@x.org,D,SUBSCRIBED,\"['HARD_BOUNCE']\",\ne@x.org,E,SUBSCRIBED,\"['UNSUBSCRIBE','SPAM_COMPLAINT']\",\n"
            + "f@x.org,F,SUBSCRIBED,SOMETHING_NEW,\n",
        "in",
        "Unsubscribed",
        "dormant",
        "Bounced",
        "Complained",
        "Blocked"
    )]
    [TestCase(
        "Shopify",
        "First Name,Email,Accepts Email Marketing,Accepts SMS Marketing\nA,a@x.org,yes,no\nB,b@x.org,no,yes\n",
        "in",
        "dormant"
    )]
    public async Task An_export_is_heard(string tool, string csv, params string[] answers)
    {
        var entries = await CsvTestFile.Read(csv);
        entries.Skip(1).Select(ToolExports.AnswerOf).ShouldBe(answers, tool);
        var columns = await ToolExports.ReadColumns(csv);
        columns.ShouldNotContain(column => column.LooksLikeStatus, tool);
        columns.ShouldContain(column => column.TakenAs == ContactFileColumn.Status && column.Tool != null, tool);
    }
}

/// <summary>How a list is read, row by row and column by column.</summary>
internal static class ToolExports
{
    public static string AnswerOf(ContactFileEntry entry) =>
        entry switch
        {
            ContactFileRow { Withdrawal: { } withdrawal } => withdrawal.Kind.ToString(),
            ContactFileRow { IsDormant: true } => "dormant",
            ContactFileRow => "in",
            RejectedRow rejected => $"{rejected.Code}: {rejected.Reason}",
            _ => entry.ToString(),
        };

    public static async Task<IReadOnlyList<ContactFileColumn>> ReadColumns(
        string csv,
        ContactFileOptions? options = null
    )
    {
        using var file = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(csv));
        var reader = new CsvContactReader(TimeProvider.System);
        return (await reader.ReadShape(file, options ?? new ContactFileOptions(), byValues: true)).Columns;
    }
}
