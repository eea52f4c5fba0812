using SchemaHub.Application;
using SchemaHub.Application.Records;
using SchemaHub.Domain;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Records;

/// <summary>Every record there is, through the whole of its life.</summary>
public sealed class RoundTripSpec
{
    private TestService _service = null!;
    private Guid _organization;
    private SampleRecords _samples = null!;

    private static IEnumerable<string> Tables => RecordCatalogue.All.Select(type => type.Name);

    [OneTimeSetUp]
    public async Task Start()
    {
        _service = await TestService.Create();
        _organization = await _service.CreateOrganization("acme");
        _samples = await _service.Samples(_organization);
    }

    [OneTimeTearDown]
    public async Task Stop() => await _service.DisposeAsync();

    [TestCaseSource(nameof(Tables))]
    public async Task A_record_is_saved_read_listed_replaced_and_deleted(string table)
    {
        var type = RecordCatalogue.Get(table);
        var tenant = _samples.TenantOf(type);
        var (id, version, row) = await _samples.Save(type);

        var found = await _service.Send(tenant, new GetRecord(table, id));
        ShouldBeSame(type, found.Record.Row, row);
        found.Record.Id.ShouldBe(id);
        found.Version.ShouldBe(version);
        found.Record.CreatedAt.HasValue.ShouldBe(type.HasCreatedAt);
        (await Listed(tenant, new ListRecords(table, Limit: 200))).ShouldContain(id);

        // As it was read it can be written, and nothing happens.
        var again = await _service.Send(tenant, new SaveRecord(table, found.Record.Row, id, version));
        again.Version.ShouldBe(version);

        await ShouldBeReplaced(type, id, version);
        await _service.Send(tenant, new DeleteRecord(table, id));
        await Should.ThrowAsync<NotFoundException>(_service.Send(tenant, new GetRecord(table, id)));
        (await Listed(tenant, new ListRecords(table, Limit: 200))).ShouldNotContain(id);
        await ShouldBeRefused("record.not_found", new DeleteRecord(table, id));
        await ShouldBeRefused("record.not_found", new SaveRecord(table, row, id));

        async Task ShouldBeRefused(string code, ICommand command) =>
            (await Should.ThrowAsync<RuleBrokenException>(_service.Send(tenant, command))).Code.ShouldBe(code);
    }

    [TestCaseSource(nameof(Tables))]
    public async Task A_record_is_found_by_every_indexed_field_and_in_its_order(string table)
    {
        var type = RecordCatalogue.Get(table);
        var tenant = _samples.TenantOf(type);
        var shape = await ((ITableShapes)_service.Services.GetService(typeof(ITableShapes))!).Of(
            type,
            CancellationToken.None
        );
        var (id, version, row) = await _samples.Save(type);
        foreach (var column in type.Columns.Where(column => shape.IsIndexed(column.Name, type.TenantColumn)))
        {
            var value = column.Property.GetValue(row);
            if (value is not null)
                (await Listed(tenant, new ListRecords(table, Filter(column, value)))).ShouldContain(id, column.Field);

            foreach (var descending in new[] { false, true })
                (
                    await Listed(tenant, new ListRecords(table, Sort: column.Field, Descending: descending, Limit: 1))
                ).ShouldContain(id, column.Field);
        }

        await _service.Send(tenant, new DeleteRecord(table, id, version));
    }

    private async Task ShouldBeReplaced(RecordType type, string id, long version)
    {
        var tenant = _samples.TenantOf(type);
        var sparse = await _samples.Make(type, whole: false);
        foreach (var part in type.Columns.Where(column => column.IsKeyPart))
            part.Property.SetValue(
                sparse,
                part.Property.GetValue((await _service.Send(tenant, new GetRecord(type.Name, id))).Record.Row)
            );

        if (type.Table == "onboarding_progress")
            return;

        await Should.ThrowAsync<StaleVersionException>(
            _service.Send(tenant, new SaveRecord(type.Name, sparse, id, version + 7))
        );
        var replaced = await _service.Send(tenant, new SaveRecord(type.Name, sparse, id, version));
        replaced.Version.ShouldBeInRange(version, version + 1);
        ShouldBeSame(type, (await _service.Send(tenant, new GetRecord(type.Name, id))).Record.Row, sparse);
    }

    private static Dictionary<string, string> Filter(RecordColumn column, object value) =>
        new()
        {
            [column.Field] = value switch
            {
                bool yes => yes ? "true" : "false",
                DateOnly day => day.ToString("yyyy-MM-dd", null),
                DateTimeOffset at => RowJson.Instant(at),
                _ => $"{value}",
            },
        };

    /// <summary>The ids of all pages.</summary>
    private async Task<List<string>> Listed(Guid tenant, ListRecords query)
    {
        var ids = new List<string>();
        while (true)
        {
            var page = await _service.Send(tenant, query);
            ids.AddRange(page.Items.Select(record => record.Id));
            if (page.Next is null)
                break;

            query = query with { After = page.Next };
        }

        ids.ShouldBeUnique();
        return ids;
    }

    private static void ShouldBeSame(RecordType type, object found, object saved)
    {
        foreach (var column in type.Columns)
        {
            var (is_, was) = (column.Property.GetValue(found), column.Property.GetValue(saved));
            if (was is null && (column.Otherwise is not null || column.IsRecordedIfLeftOut))
                is_.ShouldNotBeNull(column.Name);
            else if (was is System.Text.Json.JsonElement json)
                System
                    .Text.Json.JsonElement.DeepEquals((System.Text.Json.JsonElement)is_!, json)
                    .ShouldBeTrue(column.Name);
            else
                is_.ShouldBe(was, column.Name);
        }
    }
}
