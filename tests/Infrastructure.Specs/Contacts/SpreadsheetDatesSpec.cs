using FluentValidation;
using SchemaHub.Application.Contacts;
using SchemaHub.Infrastructure.Contacts;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Contacts;

/// <summary>Dates as spreadsheets write them: never guessed where nothing tells day from month.</summary>
public sealed class SpreadsheetDatesSpec : OrganizationSpec
{
    [TestCase("1/2/2023 10:00", DateOrder.DayFirst, "2023-02-01T10:00:00Z")]
    [TestCase("1/2/2023 10:00", DateOrder.MonthFirst, "2023-01-02T10:00:00Z")]
    [TestCase("1/2/2023", DateOrder.MonthFirst, "2023-01-02T00:00:00Z")]
    [TestCase("01.02.2023 9:05:07", DateOrder.DayFirst, "2023-02-01T09:05:07Z")]
    [TestCase("01.02.23 09:05", DateOrder.DayFirst, "2023-02-01T09:05:00Z")]
    [TestCase("1-2-2023", DateOrder.DayFirst, "2023-02-01T00:00:00Z")]
    [TestCase("1/2/99 1:00", DateOrder.MonthFirst, "1999-01-02T01:00:00Z")]
    [TestCase("12/31/2023 12:00 AM", DateOrder.MonthFirst, "2023-12-31T00:00:00Z")]
    [TestCase("12/31/2023, 12:30:01 PM", DateOrder.MonthFirst, "2023-12-31T12:30:01Z")]
    [TestCase("12/31/2023 1:30 p.m.", DateOrder.MonthFirst, "2023-12-31T13:30:00Z")]
    public void A_date_is_read_in_its_order(string text, DateOrder order, string instant)
    {
        CsvDates.TryRead(text, order, out var read).ShouldBeTrue();
        read.ShouldBe(DateTimeOffset.Parse(instant, System.Globalization.CultureInfo.InvariantCulture));
    }

    [TestCase("31/12/2023", DateOrder.MonthFirst)]
    [TestCase("30/2/2023", DateOrder.DayFirst)]
    [TestCase("1/2.2023", DateOrder.DayFirst)]
    [TestCase("1/2/2023 25:00", DateOrder.DayFirst)]
    [TestCase("1/2/2023 13:00 PM", DateOrder.DayFirst)]
    [TestCase("1/2/1970", DateOrder.DayFirst)]
    [TestCase("1/2/202", DateOrder.DayFirst)]
    [TestCase("23-02-01", DateOrder.DayFirst)]
    [TestCase("١/٢/٢٠٢٣", DateOrder.DayFirst)]
    [TestCase("2023-02-01", DateOrder.DayFirst)]
    public void What_is_no_such_date_is_refused(string text, DateOrder order) =>
        CsvDates.TryRead(text, order, out _).ShouldBeFalse();

    [Test]
    public async Task The_order_is_what_the_dates_of_the_file_show_and_the_result_says_so()
    {
        var result = await Service.Import(
            Acme,
            "email,opt_in_at\na@x.org,1/2/2023 10:00\nb@x.org,13/2/2023 10:00\nc@x.org,2023-03-01\n"
        );

        result.Counts.Rejected.ShouldBe(0);
        result.Dates.ShouldBe(new ContactFileDates(DateOrder.DayFirst, "opt_in_at", Line: 3));
        (await Service.History(Acme, "a@x.org")).ShouldContain("2023-02-01T10:00:00");
    }

    [Test]
    public async Task A_month_first_is_found_too() =>
        (await Service.Import(Acme, "email,opt_in_at\na@x.org,1/2/2023\nb@x.org,2/13/2023\n")).Dates.ShouldBe(
            new ContactFileDates(DateOrder.MonthFirst, "opt_in_at", Line: 3)
        );

    [Test]
    public async Task Dates_that_nothing_tells_are_refused_and_nothing_changes()
    {
        const string csv = "email,opt_in_at\na@x.org,1/2/2023 10:00\nb@x.org,3/3/2023 10:00\n";

        var refused = await Should.ThrowAsync<ValidationException>(() => Service.Import(Acme, csv));

        var failure = refused.Errors.ShouldHaveSingleItem();
        failure.PropertyName.ShouldBe("Dates");
        failure.ErrorMessage.ShouldContain("\"opt_in_at\", line 2");
        failure.ErrorMessage.ShouldContain("dmy or mdy");
        (
            await Service.Scalar<long>($"select count(*) from backstage.contacts where organization_id = '{Acme}'")
        ).ShouldBe(0);

        var result = await Service.Import(Acme, csv, Read(DateOrder.MonthFirst));
        result.Counts.Consents.ShouldBe(2);
        result.Dates!.IsStated.ShouldBeTrue();
        (await Service.History(Acme, "a@x.org")).ShouldContain("2023-01-02T10:00:00");
    }

    [Test]
    public async Task Dates_that_contradict_one_another_are_refused()
    {
        const string csv = "email,opt_in_at\na@x.org,13/2/2023\nb@x.org,2/13/2023\n";

        var refused = await Should.ThrowAsync<ValidationException>(() => Service.Import(Acme, csv));

        refused.Errors.ShouldHaveSingleItem().ErrorMessage.ShouldContain("line 2 and the month in line 3");
        (await Service.Import(Acme, csv, Read(DateOrder.DayFirst))).Counts.Rejected.ShouldBe(1);
    }

    [Test]
    public async Task Equal_days_and_months_are_read_either_way() =>
        (await Service.Import(Acme, "email,opt_in_at\na@x.org,3/3/2023 10:00\n")).Counts.Consents.ShouldBe(1);

    [Test]
    public async Task Another_order_is_another_import()
    {
        const string csv = "email,opt_in_at\na@x.org,1/2/2023\n";
        await Service.Import(Acme, csv, Read(DateOrder.DayFirst));

        (await Service.Import(Acme, csv, Read(DateOrder.MonthFirst))).WasFinished.ShouldBeFalse();
    }

    [TestCase("Jane <jane@x.org>", "Jane")]
    [TestCase("\"\"\"Lee, \\\"\"J\\\"\" Jane\"\" <jane@x.org>\"", "Lee, \"J\" Jane")]
    [TestCase("<jane@x.org>", "")]
    [TestCase("jane@x.org <jane@x.org>", "")]
    [TestCase("'Jane Lee' < JANE@x.org >", "Jane Lee")]
    [TestCase("Jane <3 <jane@x.org>", "Jane <3")]
    public async Task An_address_is_read_with_the_name_before_it(string cell, string name)
    {
        var row = (await CsvTestFile.Read($"email,city\n{cell},Graz\n")).OfType<ContactFileRow>().Single();

        (row.Email.Canonical, row.Name ?? "").ShouldBe(("jane@x.org", name));
    }

    [Test]
    public async Task A_name_of_the_file_outweighs_the_one_in_the_address()
    {
        var rows = await CsvTestFile.Read("email,name\nJ <a@x.org>,Jane\nJ <b@x.org>,\nJ <b@x.org\n<J> b@x.org,\n");

        rows.OfType<ContactFileRow>().Select(row => row.Name).ShouldBe(["Jane", "J"]);
        rows.OfType<RejectedRow>().Select(row => row.Code).ShouldBe([RowCodes.Columns, RowCodes.Email]);
    }

    private static Func<ImportContacts, ImportContacts> Read(DateOrder order) =>
        command => command with { Options = command.Options with { Dates = order } };
}
