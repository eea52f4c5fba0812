using System.Text.Json;
using SchemaHub.Domain.Records;
using SchemaHub.Domain.Specs.Contacts;

namespace SchemaHub.Domain.Specs.Records;

public sealed class RecordSpec
{
    private const string Table = "podcast.partners";

    private static readonly JsonElement s_row = Json("""{"name":"Acme"}""");
    private static readonly JsonElement s_other = Json("""{"name":"Other"}""");
    private static readonly JsonElement s_personal = Json("""{"contact_email":"ann@example.com"}""");

    [Test]
    public void Saving_keeps_the_row_and_what_is_personal_apart() =>
        After()
            .When(record => record.Create(Table, s_row, s_personal))
            .Then(new RecordSaved(Table, null, s_row, s_personal));

    [Test]
    public void A_record_that_is_there_is_not_made_again() =>
        After(new RecordSaved(Table, null, s_row))
            .When(record => record.Create(Table, s_other, null))
            .ThenRefused("record.exists");

    [Test]
    public void A_record_that_was_deleted_can_be_made_again() =>
        After(new RecordSaved(Table, null, s_row), new RecordDeleted(Table, s_row))
            .When(record => record.Create(Table, s_other, null))
            .Then(new RecordSaved(Table, null, s_other));

    [Test]
    public void Replacing_tells_what_was_before() =>
        After(new RecordSaved(Table, null, s_row))
            .When(record => record.Replace(Table, s_other, null))
            .Then(new RecordSaved(Table, s_row, s_other));

    [Test]
    public void Replacing_by_the_same_changes_nothing() =>
        After(new RecordSaved(Table, null, s_row, s_personal))
            .When(record => record.Replace(Table, Json("""{ "name" : "Acme" }"""), s_personal))
            .Then();

    [Test]
    public void What_is_personal_alone_can_change() =>
        After(new RecordSaved(Table, null, s_row, s_personal))
            .When(record => record.Replace(Table, s_row, null))
            .Then(new RecordSaved(Table, s_row, s_row));

    [Test]
    public void A_record_of_another_table_does_not_exist()
    {
        var record = After(new RecordSaved(Table, null, s_row));

        record.When(one => one.Replace("podcast.reports", s_row, null)).ThenRefused("record.not_found");
        record.When(one => one.Delete("podcast.reports", erases: false)).ThenRefused("record.not_found");
    }

    [Test]
    public void Deleting_what_holds_personal_data_erases_it()
    {
        var record = After(new RecordSaved(Table, null, s_row, s_personal));

        record.When(one => one.Delete(Table, erases: true)).Then(new RecordErased(Table, s_row));
        record.When(one => one.Delete(Table, erases: false)).Then(new RecordDeleted(Table, s_row));
    }

    [Test]
    public void A_reference_that_goes_is_cleared()
    {
        var happened = Fold(new RecordSaved("podcast.reports", null, Json("""{"a":1,"created_by":"x"}""")))
            .Clear("podcast.reports", "created_by")
            .ShouldHaveSingleItem()
            .ShouldBeOfType<RecordSaved>();

        happened.After.GetRawText().ShouldBe("""{"a":1,"created_by":null}""");
    }

    [Test]
    public void What_has_gone_already_is_neither_cleared_nor_deleted_with_its_parent()
    {
        var gone = Fold(new RecordSaved(Table, null, s_row), new RecordDeleted(Table, s_row));

        gone.Clear(Table, "name").ShouldBeEmpty();
        gone.DeleteIfThere(Table, erases: true).ShouldBeEmpty();
    }

    private static Scenario<Record, RecordEvent> After(params RecordEvent[] happened) => new(Fold(happened));

    private static Record Fold(params RecordEvent[] happened) =>
        happened.Aggregate(Record.Initial, (record, one) => record.Apply(one));

    private static JsonElement Json(string json) => JsonSerializer.Deserialize<JsonElement>(json);
}
