using SchemaHub.Application.Contacts;
using SchemaHub.Infrastructure.Contacts;

namespace SchemaHub.Infrastructure.Specs.Contacts;

/// <summary>Which columns are known as a status, what their values mean, and which are not understood.</summary>
public sealed class StatusColumnsSpec
{
    [Test]
    public void Each_known_column_is_named_once_and_has_a_meaning()
    {
        var known = StatusColumns.Known;
        known.All.Select(column => (column.Key, column.IsPrefix)).ShouldBeUnique();
        foreach (var column in known.All)
        {
            column.Tool.ShouldNotBeNullOrWhiteSpace(column.Key);
            CsvHeader.Fold(column.Key).ShouldBe(column.Key);
        }
    }

    [Test]
    public async Task Each_value_of_each_known_column_is_heard_as_the_table_says()
    {
        foreach (
            var column in StatusColumns.Known.All.Where(column => column is { Role: null, IsAboutSomethingElse: false })
        )
        {
            foreach (var (value, standing) in column.Values)
            {
                var row = await CsvTestFile.ReadRow($"email,{column.Key}", $"a@x.org,{value}");
                ToolExports.AnswerOf(row).ShouldBe(Expected(standing), $"{column.Key}: {value}");
            }
        }
    }

    [Test]
    public async Task Each_word_is_heard_in_a_column_of_status()
    {
        foreach (var (word, standing) in StatusColumns.Known.Words)
        {
            CsvHeader.Fold(word).ShouldBe(word);
            ToolExports
                .AnswerOf(await CsvTestFile.ReadRow("email,status", $"a@x.org,{word}"))
                .ShouldBe(Expected(standing), word);
        }
    }

    [Test]
    public async Task Of_several_columns_the_strongest_no_decides()
    {
        var row = await CsvTestFile.ReadRow("email,subscribed,status,email_disabled", "a@x.org,true,bounced,true");
        ToolExports.AnswerOf(row).ShouldBe("Bounced");
    }

    [TestCase("email,status", "a@x.org,whatever")]
    [TestCase("email,subscribed_to_emails", "a@x.org,perhaps")]
    [TestCase("email,email marketing consent", "a@x.org,SOMETHING_NEW")]
    public async Task A_value_that_is_not_known_rejects_the_row(string header, string row) =>
        (await CsvTestFile.ReadRejected(header, row)).Code.ShouldBe(RowCodes.Status);

    [Test]
    public async Task A_state_may_be_where_somebody_lives()
    {
        const string csv = "email,state\na@x.org,CA\nb@x.org,Tirol\n";
        (await CsvTestFile.Read(csv)).Skip(1).Select(ToolExports.AnswerOf).ShouldBe(["in", "in"]);
        (await ToolExports.ReadColumns(csv)).ShouldNotContain(column => column.LooksLikeStatus);
    }

    [TestCase("email,Abgemeldet am\na@x.org,2024-01-01\n")]
    [TestCase("email,Newsletter\na@x.org,ja\n")]
    [TestCase("email,gdpr_permission\na@x.org,1\n")]
    [TestCase("email,Mail OptIn State\na@x.org,1\n")]
    [TestCase("email,remarks\na@x.org,fine\nb@x.org,Unsubscribed\n")]
    [TestCase("email,custom 7\na@x.org,\nb@x.org,\nc@x.org,hard bounce\n")]
    [TestCase("email,state\na@x.org,active\nb@x.org,unsubscribed\nc@x.org,sleeping\n")]
    public async Task A_column_that_is_not_known_and_looks_like_a_status_is_named(string csv) =>
        (await ToolExports.ReadColumns(csv))[1].LooksLikeStatus.ShouldBeTrue();

    [TestCase("email,city,first_name,created_at,tags,plan,country\na@x.org,Graz,A,2024-01-01,x,gold,AT\n")]
    [TestCase("email,hobby\na@x.org,skiing\nb@x.org,active\n")]
    public async Task Other_columns_are_data(string csv) =>
        (await ToolExports.ReadColumns(csv)).ShouldNotContain(column => column.LooksLikeStatus);

    [Test]
    public async Task A_column_can_be_named_as_data()
    {
        const string csv = "email,Membership status\na@x.org,gold\n";
        var options = new ContactFileOptions(DataColumns: ["membership status"]);
        (await ToolExports.ReadColumns(csv))[1].LooksLikeStatus.ShouldBeTrue();
        (await ToolExports.ReadColumns(csv, options))[1].LooksLikeStatus.ShouldBeFalse();
        var row = (await CsvTestFile.Read(System.Text.Encoding.UTF8.GetBytes(csv), options))[1];
        row.ShouldBeOfType<ContactFileRow>().Metadata.ShouldNotBeNull()["Membership status"].ShouldBe("gold");
    }

    [TestCase("email,subscribed_to_emails\na@x.org,false\n", "subscribed_to_emails")]
    [TestCase("email,name\na@x.org,A\n", "email")]
    [TestCase("email,name\na@x.org,A\n", "no such column")]
    public async Task What_is_known_or_not_there_cannot_be_named_as_data(string csv, string column)
    {
        var options = new ContactFileOptions(DataColumns: [column]);
        var entries = await CsvTestFile.Read(System.Text.Encoding.UTF8.GetBytes(csv), options);
        entries.ShouldHaveSingleItem().ShouldBeOfType<BrokenFile>().Code.ShouldBe(FileCodes.Header);
    }

    private static string Expected(CsvStanding standing) =>
        standing switch
        {
            CsvStanding.Active => "in",
            CsvStanding.Dormant => "dormant",
            _ => standing.ToString(),
        };
}
