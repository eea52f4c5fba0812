using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Specs.Contacts;

public sealed class CsvOwnFormatSpec
{
    private const string Header =
        "email,name,opt_in_at,opt_in_ip,confirmed_at,confirm_ip,source,status,unsubscribed_at,unsubscribed_reason,city";

    [Test]
    public async Task A_row_keeps_everything_the_file_says()
    {
        var row = await CsvTestFile.ReadRow(
            Header,
            "Ann@Example.org,Ann Lee,2024-03-01T10:00:00Z,192.0.2.1,2024-03-01 12:05:30+02:00,2001:DB8::1,form,,,,Graz"
        );

        row.Line.ShouldBe(2);
        row.Email.Value.ShouldBe("Ann@example.org");
        row.Name.ShouldBe("Ann Lee");
        row.Consent.ShouldBe(
            new FileConsent(
                new DateTimeOffset(2024, 3, 1, 10, 0, 0, TimeSpan.Zero),
                "192.0.2.1",
                new DateTimeOffset(2024, 3, 1, 10, 5, 30, TimeSpan.Zero),
                "2001:db8::1",
                "form"
            )
        );
        row.Consent!.ConfirmedAt!.Value.Offset.ShouldBe(TimeSpan.Zero);
        row.Withdrawal.ShouldBeNull();
        row.Metadata.ShouldBe(new Dictionary<string, object> { ["city"] = "Graz" });
        row.Claims.ShouldBeNull();
    }

    [Test]
    public async Task A_row_without_an_opt_in_time_has_no_consent_but_keeps_its_evidence()
    {
        var row = await CsvTestFile.ReadRow(Header, "ann@x.org,,,192.0.2.1,2024-03-01,,fair,,,,");

        row.Consent.ShouldBeNull();
        row.Withdrawal.ShouldBeNull();
        row.Name.ShouldBeNull();
        row.Metadata.ShouldBeNull();
        row.Claims.ShouldBe(
            new Dictionary<string, string>
            {
                ["opt_in_ip"] = "192.0.2.1",
                ["confirmed_at"] = "2024-03-01T00:00:00.0000000+00:00",
                ["source"] = "fair",
            }
        );
    }

    [TestCase("pending")]
    [TestCase("Unconfirmed")]
    [TestCase("disabled")]
    [TestCase("non-subscribed")]
    public async Task An_opt_in_that_is_not_finished_or_switched_off_is_no_consent(string status)
    {
        var row = await CsvTestFile.ReadRow(Header, $"ann@x.org,,2024-03-01,,,,,{status},,,");

        row.Consent.ShouldBeNull();
        row.Withdrawal.ShouldBeNull();
        row.Claims.ShouldNotBeNull()["opt_in_at"].ShouldStartWith("2024-03-01T00:00:00");
        row.Claims["status"].ShouldBe(status);
    }

    [TestCase("unsubscribed", FileWithdrawalKind.Unsubscribed)]
    [TestCase("Opted Out", FileWithdrawalKind.Unsubscribed)]
    [TestCase("bounced", FileWithdrawalKind.Bounced)]
    [TestCase("CLEANED", FileWithdrawalKind.Bounced)]
    [TestCase("complained", FileWithdrawalKind.Complained)]
    [TestCase("block_listed", FileWithdrawalKind.Blocked)]
    public async Task A_row_can_say_that_a_person_must_not_be_written_to(string status, FileWithdrawalKind kind)
    {
        var row = await CsvTestFile.ReadRow(
            Header,
            $"ann@x.org,,2024-03-01,,,,,{status},2025-01-02 03:04,too much mail,"
        );

        row.Withdrawal.ShouldBe(
            new FileWithdrawal(kind, new DateTimeOffset(2025, 1, 2, 3, 4, 0, TimeSpan.Zero), "too much mail")
        );
        row.Consent!.OptInAt.ShouldBe(new DateTimeOffset(2024, 3, 1, 0, 0, 0, TimeSpan.Zero));
    }

    [TestCase("", "2024-03-01", "2025-01-01", true)]
    [TestCase("subscribed", "2024-03-01", "2025-01-01", true)]
    [TestCase("subscribed", "", "2025-01-01", true)]
    [TestCase("pending", "", "2025-01-01", true)]
    [TestCase("subscribed", "2025-01-02", "2025-01-01", false)]
    [TestCase("", "2025-01-02", "2025-01-01", true)]
    public async Task Having_left_outweighs_the_status_unless_the_person_came_back(
        string status,
        string optIn,
        string left,
        bool isWithdrawn
    )
    {
        var row = await CsvTestFile.ReadRow(Header, $"ann@x.org,,{optIn},,,,,{status},{left},,");
        (row.Withdrawal is not null).ShouldBe(isWithdrawn);
    }

    [TestCase("true", true)]
    [TestCase("no", false)]
    public async Task A_column_subscribed_is_a_status(string value, bool hasConsent)
    {
        var row = await CsvTestFile.ReadRow("email,subscribed,opt_in_at", $"a@x.org,{value},2024-01-01");
        (row.Consent is not null).ShouldBe(hasConsent);
    }

    [TestCase("E-Mail;Opt In At;SOURCE", "a@x.org;2024-03-01;a,b")]
    [TestCase("e_mail\tOptInAt\t source ", "a@x.org\t2024-03-01\ta,b")]
    [TestCase("Email Address, OPT-IN-AT, Source", "a@x.org, 2024-03-01, \"a,b\"")]
    [TestCase("\ufeffemail,opt_in_at,source", "a@x.org,2024-03-01,\"a,b\"")]
    [TestCase("\ufeff\"email\",\"opt_in_at\",\"source\"", "\"a@x.org\",\"2024-03-01\",\"a,b\"")]
    [TestCase("email|opt_in_at|source", "a@x.org|2024-03-01|a,b")]
    [TestCase("email;opt_in_at;source", "a@x.org;2024-03-01;a,b\nb@x.org;2024-03-01;c,d,e\nb@x.org;2024-03-01;c,d")]
    [TestCase("email,opt_in_at,source", "a@x.org,2024-03-01,\"a,b\"\nb@x.org,2024-03-01,a;b;c\nc@x.org,,a;b;c")]
    [TestCase("email,opt_in_at,source", "a@x.org,2024-03-01,\"a,b\"\r\nb@x.org,2024-03-01,\"a;b\nc;d\"")]
    public async Task Headers_and_delimiters_are_taken_as_people_write_them(string header, string line)
    {
        var row = (await CsvTestFile.Read($"{header}\n{line}\n"))[1].ShouldBeOfType<ContactFileRow>();
        row.Email.Value.ShouldBe("a@x.org");
        row.Consent!.Source.ShouldBe("a,b");
        row.Metadata.ShouldBeNull();
    }

    [TestCase("email\na@x.org\nb@x.org")]
    [TestCase("email\ra@x.org\rb@x.org\r")]
    [TestCase("email\r\n\"a@x.org\"\r\n b@x.org \r\n\r\n")]
    public async Task A_file_may_have_one_column_and_any_line_ends(string csv)
    {
        var entries = await CsvTestFile.Read(csv);
        entries.Select(entry => entry.Line).ShouldBe([1, 2, 3]);
        entries.OfType<ContactFileRow>().Select(row => row.Email.Value).ShouldBe(["a@x.org", "b@x.org"]);
    }

    [Test]
    public async Task Columns_without_a_name_or_with_the_same_name_lose_nothing()
    {
        var row = await CsvTestFile.ReadRow("email,tag,,tag", "a@x.org,one,two,three");
        row.Metadata.ShouldBe(
            new Dictionary<string, object>
            {
                ["tag"] = "three",
                ["column 3"] = "two",
                ["tag (2)"] = "one",
            },
            ignoreOrder: true
        );
    }

    [Test]
    public async Task What_looks_like_a_formula_is_data()
    {
        var row = await CsvTestFile.ReadRow("email,name,note", "=1+1@x.org,\"=HYPERLINK(\"\"x\"\")\",+43 1 234");
        row.Email.Value.ShouldBe("=1+1@x.org");
        row.Name.ShouldBe("=HYPERLINK(\"x\")");
        row.Metadata.ShouldNotBeNull()["note"].ShouldBe("+43 1 234");
    }

    [TestCase("a@b,,,,,,,,,,", RowCodes.Email, "The domain has no dot.")]
    [TestCase(",Ann,,,,,,,,,", RowCodes.Email, "The address is empty.")]
    [TestCase(
        "a@x.org,\"A\nB\",,,,,,,,,",
        RowCodes.ControlCharacter,
        "The name has a control character or a line break in it."
    )]
    [TestCase("a@x.org,,,,,,,,,,a\u0007b", RowCodes.ControlCharacter, "A field has a control character in it.")]
    [TestCase("a@x.org,,,,,,a\0b,,,,", RowCodes.ControlCharacter, "A field has a control character in it.")]
    [TestCase(
        "a@x.org,,03/04/2024,,,,,,,,",
        RowCodes.Time,
        "\"opt_in_at\" is not a date and time since 1990 like 2024-03-01T10:00:00Z."
    )]
    [TestCase(
        "a@x.org,,1970-01-01 00:00:00,,,,,,,,",
        RowCodes.Time,
        "\"opt_in_at\" is not a date and time since 1990 like 2024-03-01T10:00:00Z."
    )]
    [TestCase("a@x.org,,2026-01-01T12:00:01Z,,,,,,,,", RowCodes.Future, "\"opt_in_at\" is in the future.")]
    [TestCase("a@x.org,,,,2030-01-01,,,,,,", RowCodes.Future, "\"confirmed_at\" is in the future.")]
    [TestCase("a@x.org,,,,,,,,2030-01-01,,", RowCodes.Future, "\"unsubscribed_at\" is in the future.")]
    [TestCase("a@x.org,,,192.0.2.256,,,,,,,", RowCodes.Ip, "\"opt_in_ip\" is not an IP address.")]
    [TestCase("a@x.org,,,,,unknown,,,,,", RowCodes.Ip, "\"confirm_ip\" is not an IP address.")]
    [TestCase("a@x.org,,,,,,,whatever,,,", RowCodes.Status, "The status in \"status\" is not known.")]
    [TestCase("a@x.org,Ann", RowCodes.Columns, "The row has 2 fields, the header 11.")]
    [TestCase("a@x.org,,,,,,,,,,Graz,", RowCodes.Columns, "The row has 12 fields, the header 11.")]
    [TestCase("a@x.org,\"Ann\" Lee,,,,,,,,,", RowCodes.Quotes, "A quoted field has something after its quotes.")]
    public async Task A_bad_row_is_rejected_with_its_reason_and_as_the_file_has_it(
        string line,
        string code,
        string reason
    )
    {
        var rejected = await CsvTestFile.ReadRejected(Header, line);
        rejected.ShouldBe(new RejectedRow(2, code, reason, line));
    }

    [Test]
    public async Task A_name_may_have_255_characters()
    {
        var longest = new string('é', 255);
        (await CsvTestFile.ReadRow("email,name", $"a@x.org,{longest}")).Name.ShouldBe(longest);
        (await CsvTestFile.ReadRejected("email,name", $"a@x.org,{longest}e")).Code.ShouldBe(RowCodes.Name);
    }

    [Test]
    public async Task The_first_good_row_of_an_address_counts()
    {
        var entries = await CsvTestFile.Read(
            "email,name,opt_in_at\na@x.org,bad,never\nA@X.org,first,\na@x.ORG,second,\nb@x.org,other,\n"
        );

        entries.OfType<ContactFileRow>().Select(row => row.Name).ShouldBe(["first", "other"]);
        entries
            .OfType<RejectedRow>()
            .Select(row => (row.Line, row.Code))
            .ShouldBe([(2, RowCodes.Time), (4, RowCodes.Duplicate)]);
    }

    [Test]
    public async Task A_withdrawal_is_never_dropped_as_a_duplicate_and_outlives_later_rows()
    {
        var entries = await CsvTestFile.Read(
            "email,status\na@x.org,subscribed\na@x.org,unsubscribed\na@x.org,bounced\na@x.org,subscribed\n"
        );

        entries.OfType<ContactFileRow>().Select(row => row.Line).ShouldBe([2, 3]);
        entries.OfType<RejectedRow>().Select(row => row.Line).ShouldBe([4, 5]);
    }

    [Test]
    public async Task Lines_are_those_of_the_file()
    {
        var entries = await CsvTestFile.Read(
            "\r\nemail,note\r\n\r\na@x.org,\"one\r\ntwo\nthree\"\r\n , \r\nb@,\"x\n\ny\"\nc@x.org,\n"
        );

        entries
            .Select(entry => (entry.GetType(), entry.Line))
            .ShouldBe([
                (typeof(ContactFileHeader), 2),
                (typeof(ContactFileRow), 4),
                (typeof(RejectedRow), 8),
                (typeof(ContactFileRow), 11),
            ]);
        entries.OfType<RejectedRow>().Single().Raw.ShouldBe("b@,\"x\n\ny\"");
    }
}
