using System.Text.Json;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Specs.Contacts;

public sealed class CsvForeignFormatSpec
{
    private const string Start =
        "\"Email Address\",\"First Name\",\"Last Name\",Town,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP";
    private const string Subscribed = Start + ",LATITUDE,LONGITUDE,LAST_CHANGED,LEID,EUID,NOTES,TAGS";
    private const string Unsubscribed =
        Start
        + ",UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER,LEID,EUID,NOTES,TAGS";

    private const string Cleaned = Start + ",CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID,LEID,EUID,NOTES,TAGS";
    private const string AllInOne = Start + ",LAST_CHANGED,UNSUB_TIME,CLEAN_TIME,LEID";

    [Test]
    public async Task A_subscribed_member_of_Mailchimp_brings_times_and_addresses_in_UTC()
    {
        var row = await CsvTestFile.ReadRow(
            Subscribed,
            "ann@x.org,Ann,Lee,Graz,4,\"2024-03-01 10:00:00\",192.0.2.1,\"2024-03-01 10:05:00\",192.0.2.2,47.07,15.44,"
                + "\"2024-06-01 00:00:00\",123,abc,,\"\"\"VIP\"\",\"\"Blog\"\"\""
        );

        row.Name.ShouldBe("Ann Lee");
        row.Consent.ShouldBe(
            new FileConsent(
                new DateTimeOffset(2024, 3, 1, 10, 0, 0, TimeSpan.Zero),
                "192.0.2.1",
                new DateTimeOffset(2024, 3, 1, 10, 5, 0, TimeSpan.Zero),
                "192.0.2.2",
                Source: null
            )
        );
        row.Withdrawal.ShouldBeNull();
        row.Metadata.ShouldBe(
            new Dictionary<string, object>
            {
                ["First Name"] = "Ann",
                ["Last Name"] = "Lee",
                ["Town"] = "Graz",
                ["MEMBER_RATING"] = "4",
                ["LATITUDE"] = "47.07",
                ["LONGITUDE"] = "15.44",
                ["TAGS"] = "\"VIP\",\"Blog\"",
            },
            ignoreOrder: true
        );
        row.Claims.ShouldBe(
            new Dictionary<string, string>
            {
                ["LAST_CHANGED"] = "2024-06-01 00:00:00",
                ["LEID"] = "123",
                ["EUID"] = "abc",
            },
            ignoreOrder: true
        );
    }

    [Test]
    public async Task A_member_imported_into_Mailchimp_has_a_confirmation_time_but_no_opt_in_and_so_no_consent()
    {
        var row = await CsvTestFile.ReadRow(
            Subscribed,
            "ann@x.org,Ann,,,2,,,\"2015-03-16 14:40:47\",,,,\"2015-03-16 14:40:47\",1,a,,"
        );

        row.Name.ShouldBe("Ann");
        row.Consent.ShouldBeNull();
        row.Withdrawal.ShouldBeNull();
        row.Claims.ShouldNotBeNull()["confirmed_at"].ShouldStartWith("2015-03-16T14:40:47");
    }

    [Test]
    public async Task An_unsubscribed_member_of_Mailchimp_left_at_a_time_and_for_a_reason()
    {
        var row = await CsvTestFile.ReadRow(
            Unsubscribed,
            "ann@x.org,,,,2,\"2024-03-01 10:00:00\",192.0.2.1,,,\"2025-01-02 03:04:05\",\"May, again\",c1,"
                + "\"No longer interested\",\"too loud\",1,a,,"
        );

        row.Withdrawal.ShouldBe(
            new FileWithdrawal(
                FileWithdrawalKind.Unsubscribed,
                new DateTimeOffset(2025, 1, 2, 3, 4, 5, TimeSpan.Zero),
                "No longer interested"
            )
        );
        row.Consent.ShouldNotBeNull();
        row.Claims.ShouldNotBeNull()["UNSUB_CAMPAIGN_TITLE"].ShouldBe("May, again");
        row.Claims["UNSUB_REASON_OTHER"].ShouldBe("too loud");
    }

    [Test]
    public async Task A_cleaned_member_of_Mailchimp_bounced()
    {
        var row = await CsvTestFile.ReadRow(Cleaned, "a@x.org,,,,2,,,,,\"2025-01-02 03:04:05\",May,c1,1,a,,");
        var at = new DateTimeOffset(2025, 1, 2, 3, 4, 5, TimeSpan.Zero);
        row.Withdrawal.ShouldBe(new FileWithdrawal(FileWithdrawalKind.Bounced, at, Reason: null));
    }

    [TestCase(Unsubscribed, "a@x.org,,,,2,\"2024-03-01 10:00:00\",,,,,,,,,1,a,,", FileWithdrawalKind.Unsubscribed)]
    [TestCase(Cleaned, "a@x.org,,,,2,\"2024-03-01 10:00:00\",,,,,,,1,a,,", FileWithdrawalKind.Bounced)]
    public async Task A_member_in_the_file_of_those_who_left_has_left_also_without_a_time(
        string header,
        string line,
        FileWithdrawalKind kind
    )
    {
        var row = await CsvTestFile.ReadRow(header, line);
        row.Withdrawal.ShouldBe(new FileWithdrawal(kind, At: null, Reason: null));
    }

    [TestCase("2024-06-01 00:00:00,,,1", true, null)]
    [TestCase(",2025-01-01 00:00:00,,1", true, FileWithdrawalKind.Unsubscribed)]
    [TestCase(",,2025-01-01 00:00:00,1", true, FileWithdrawalKind.Bounced)]
    [TestCase(",,,1", false, null)]
    public async Task In_a_file_of_all_members_each_row_says_what_it_is(
        string end,
        bool hasConsent,
        FileWithdrawalKind? kind
    )
    {
        var row = await CsvTestFile.ReadRow(AllInOne, "a@x.org,,,,2,2024-03-01 10:00:00,,,," + end);
        (row.Consent is not null).ShouldBe(hasConsent);
        row.Withdrawal?.Kind.ShouldBe(kind!.Value);
        (row.Withdrawal is null).ShouldBe(kind is null);
    }

    [TestCase("Unsubscribed", FileWithdrawalKind.Unsubscribed, false)]
    [TestCase("Non-Subscribed", null, false)]
    [TestCase("Subscribed", null, true)]
    [TestCase("Gold", null, true)]
    public async Task A_status_beside_the_columns_of_Mailchimp_takes_consent_away_and_never_gives_it(
        string status,
        FileWithdrawalKind? kind,
        bool hasConsent
    )
    {
        const string subscribed = "Email Address,Status,OPTIN_TIME,LAST_CHANGED";
        var row = await CsvTestFile.ReadRow(subscribed, $"a@x.org,{status},2024-03-01 10:00:00,2024-03-01 10:00:00");
        (row.Withdrawal?.Kind).ShouldBe(kind);
        (row.Consent is not null && kind is null).ShouldBe(hasConsent);

        var left = await CsvTestFile.ReadRow("Email Address,Status,UNSUB_TIME", $"a@x.org,{status},");
        left.Withdrawal.ShouldNotBeNull();
    }

    [Test]
    public async Task A_merge_field_with_the_name_of_a_column_of_Mailchimp_does_not_stand_in_for_it()
    {
        // Seen in a real export: an earlier unsubscribed list brought in again made merge fields of its columns.
        var row = await CsvTestFile.ReadRow(
            "\"Email Address\",UNSUB_REASON,UNSUB_TIME,OPTIN_TIME,UNSUB_TIME,UNSUB_REASON,LEID",
            "a@x.org,merge,never,,\"2025-01-02 03:04:05\",real,1"
        );

        row.Withdrawal!.Reason.ShouldBe("real");
        row.Metadata.ShouldBe(
            new Dictionary<string, object> { ["UNSUB_REASON"] = "merge", ["UNSUB_TIME"] = "never" },
            ignoreOrder: true
        );
    }

    [Test]
    public async Task A_subscriber_of_listmonk_brings_attributes_and_the_evidence_in_them()
    {
        var row = await CsvTestFile.ReadRow(
            "uuid,email,name,attributes,status,created_at,updated_at",
            "7d5bc1ae,ann@x.org,Ann,\"{\"\"city\"\": \"\"Graz\"\", \"\"age\"\": 42, \"\"tags\"\": [1, 2], "
                + "\"\"none\"\": null, "
                + "\"\"optin_ip\"\": \"\"2001:DB8::1\"\", \"\"optin_time\"\": \"\"2021-05-13T09:00:00Z\"\"}\",enabled,"
                + "2021-05-13 09:24:52.123456 +0000 UTC,2021-05-14 09:24:52 +0530 IST"
        );

        row.Consent.ShouldBe(
            new FileConsent(new DateTimeOffset(2021, 5, 13, 9, 0, 0, TimeSpan.Zero), "2001:db8::1", null, null, null)
        );
        JsonSerializer.Serialize(row.Metadata).ShouldBe("""{"city":"Graz","age":42,"tags":[1,2]}""");
        row.Claims.ShouldBe(
            new Dictionary<string, string>
            {
                ["uuid"] = "7d5bc1ae",
                ["created_at"] = "2021-05-13 09:24:52.123456 +0000 UTC",
                ["updated_at"] = "2021-05-14 09:24:52 +0530 IST",
            },
            ignoreOrder: true
        );
    }

    [TestCase("enabled", null)]
    [TestCase("disabled", null)]
    [TestCase("blocklisted", FileWithdrawalKind.Blocked)]
    public async Task A_subscriber_of_listmonk_was_created_at_a_time_which_is_no_opt_in(
        string status,
        FileWithdrawalKind? kind
    )
    {
        var row = await CsvTestFile.ReadRow(
            "uuid,email,name,attributes,status,created_at,updated_at",
            $"7d5bc1ae,ann@x.org,Ann,{{}},{status},2021-05-13 09:24:52 +0000 UTC,2021-05-13 09:24:52 +0000 UTC"
        );

        row.Consent.ShouldBeNull();
        (row.Withdrawal?.Kind).ShouldBe(kind);
        row.Claims.ShouldNotBeNull()["created_at"].ShouldBe("2021-05-13 09:24:52 +0000 UTC");
    }

    [TestCase("email,name,attributes", "a@x.org,Ann,\"{\"\"city\"\":\"\"Graz\"\"}\"")]
    [TestCase("email,name,attributes", "a@x.org,Ann,\"{\"\"city\"\": \"\" Graz \"\"}\"")]
    public async Task The_form_that_listmonk_imports_is_read_too(string header, string line) =>
        (await CsvTestFile.ReadRow(header, line)).Metadata.ShouldBe(
            new Dictionary<string, object> { ["city"] = "Graz" }
        );

    [TestCase("{")]
    [TestCase("[1]")]
    [TestCase("1")]
    [TestCase("{\"\"a\"\": \"\"\\ud800\"\"}")]
    public async Task Attributes_that_are_not_a_JSON_object_reject_the_row(string json) =>
        (await CsvTestFile.ReadRejected("email,attributes", $"a@x.org,\"{json}\"")).Code.ShouldBe(RowCodes.Attributes);

    [TestCase("{\"\"a\"\": \"\"\\u0000\"\"}")]
    [TestCase("{\"\"\\u0000\"\": \"\"a\"\"}")]
    public async Task Control_characters_in_attributes_reject_the_row(string json) =>
        (await CsvTestFile.ReadRejected("email,attributes", $"a@x.org,\"{json}\"")).Code.ShouldBe(
            RowCodes.ControlCharacter
        );

    [TestCase(Subscribed, ContactFileFormat.Mailchimp)]
    [TestCase("Email Address,LEID", ContactFileFormat.Mailchimp)]
    [TestCase("uuid,email,name,attributes,status,created_at,updated_at", ContactFileFormat.Listmonk)]
    [TestCase("uuid,email,created_at,updated_at", ContactFileFormat.Listmonk)]
    [TestCase("email,name,attributes", ContactFileFormat.Listmonk)]
    [TestCase("email,name", ContactFileFormat.Own)]
    [TestCase("Email Address,First Name", ContactFileFormat.Own)]
    public async Task The_format_is_told_from_the_header(string header, ContactFileFormat format) =>
        (await CsvTestFile.Read(header + "\n"))
            .ShouldHaveSingleItem()
            .ShouldBeOfType<ContactFileHeader>()
            .Format.ShouldBe(format);

    [Test]
    public async Task The_format_can_be_named()
    {
        var row = await CsvTestFile.ReadRow("email,attributes", "a@x.org,{}", ContactFileFormat.Own);
        row.Metadata.ShouldNotBeNull()["attributes"].ShouldBe("{}");
    }
}
