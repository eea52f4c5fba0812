using System.Globalization;
using FluentValidation;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Application.Records;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Records;

/// <summary>The records' classes and validators against the tables they are about.</summary>
public sealed class DriftSpec
{
    private static readonly Dictionary<Type, string[]> Types = new()
    {
        [typeof(string)] = ["character varying", "text", "character", "USER-DEFINED"],
        [typeof(Guid)] = ["uuid"],
        [typeof(int)] = ["integer"],
        [typeof(long)] = ["bigint"],
        [typeof(decimal)] = ["numeric"],
        [typeof(bool)] = ["boolean"],
        [typeof(DateOnly)] = ["date"],
        [typeof(DateTimeOffset)] = ["timestamp with time zone"],
        [typeof(System.Text.Json.JsonElement)] = ["jsonb", "json"],
    };

    private TestService _service = null!;
    private SampleRecords _samples = null!;
    private Guid _organization;
    private List<(string Table, string Name, string Type, int? Length, bool Required)> _columns = null!;

    private static IEnumerable<string> Tables => RecordCatalogue.All.Select(type => type.Name);

    [OneTimeSetUp]
    public async Task Read()
    {
        _service = await TestService.Create();
        _organization = await _service.CreateOrganization("acme");
        _samples = await _service.Samples(_organization);
        await using var command = _service.Installation.Administrator.CreateCommand(
            """
            select c.table_schema || '.' || c.table_name, c.column_name, c.data_type, c.character_maximum_length,
                c.is_nullable = 'NO'
            from information_schema.columns c
            """
        );
        await using var reader = await command.ExecuteReaderAsync();
        _columns = [];
        while (await reader.ReadAsync())
            _columns.Add(
                (
                    reader.GetString(0),
                    reader.GetString(1),
                    reader.GetString(2),
                    reader.IsDBNull(3) ? null : reader.GetInt32(3),
                    reader.GetBoolean(4)
                )
            );
    }

    [OneTimeTearDown]
    public async Task Stop() => await _service.DisposeAsync();

    [TestCaseSource(nameof(Tables))]
    public void Every_column_is_written_by_people_or_by_the_store(string table)
    {
        var type = RecordCatalogue.Get(table);
        string?[] ours =
        [
            type.TenantColumn,
            type.OwnerColumn,
            type.HasCreatedAt ? "created_at" : null,
            type.HasUpdatedAt ? "updated_at" : null,
            type.SoftDeletes ? "deleted_at" : null,
            .. type.HasNaturalKey ? [] : type.KeyColumns,
            .. type.Columns.Select(column => column.Since),
        ];
        var live = _columns.Where(column => column.Table == table).Select(column => column.Name);

        live.ShouldBe(
            type.Columns.Select(column => column.Name).Concat(ours.OfType<string>().Distinct()),
            ignoreOrder: true
        );
    }

    [TestCaseSource(nameof(Tables))]
    public void A_property_has_its_columns_type(string table)
    {
        foreach (var column in RecordCatalogue.Get(table).Columns)
            Types[column.Type].ShouldContain(Live(table, column).Type, column.Field);
    }

    [TestCaseSource(nameof(Tables))]
    public async Task What_a_column_does_not_take_the_validator_refuses(string table)
    {
        var type = RecordCatalogue.Get(table);
        foreach (var column in type.Columns)
        {
            var (_, _, _, length, required) = Live(table, column);
            var row = await _samples.Make(type);
            if (column.Type == typeof(string))
            {
                await ShouldRefuse(column, row, new string('x', (length ?? 2_000_000) + 1));
                await ShouldRefuse(column, row, "a\0b");
            }

            var hasDefault = column.Otherwise is not null || column.IsRecordedIfLeftOut;
            if (required && Nullable(column) && (!hasDefault || column.IsPersonal))
                await ShouldRefuse(column, row, null);
        }

        async Task ShouldRefuse(RecordColumn column, object row, object? value)
        {
            var whole = column.Property.GetValue(row);
            column.Property.SetValue(row, value);
            var refusal = await Should.ThrowAsync<ValidationException>(
                _service.Send(_samples.TenantOf(type), new SaveRecord(table, row)),
                column.Field
            );
            refusal
                .Errors.Select(error => error.PropertyName.ToLowerInvariant())
                .ShouldContain(column.Field.ToLowerInvariant());
            column.Property.SetValue(row, whole);
        }
    }

    [Test]
    public async Task Parents_stand_before_those_that_refer_to_them()
    {
        var shapes = _service.Services.GetRequiredService<ITableShapes>();
        var seen = new HashSet<string>();
        foreach (var type in RecordCatalogue.All)
        {
            var parents = (await shapes.Of(type, CancellationToken.None)).References.Select(reference =>
                reference.Target
            );
            parents.ShouldNotContain(
                type.Name,
                "A record that refers to its like may close a cycle: refuse that first."
            );
            parents.Where(parent => RecordCatalogue.Find(parent) is not null && !seen.Contains(parent)).ShouldBeEmpty();
            seen.Add(type.Name);
        }
    }

    [Test]
    public async Task A_cuid_is_the_same_here_and_in_the_database()
    {
        for (var i = 0; i < 100; i++)
        {
            var id = i % 2 == 0 ? Guid.CreateVersion7() : ContentIds.Of("a", i.ToString(CultureInfo.InvariantCulture));
            await using var command = _service.Installation.Administrator.CreateCommand("select access.cuid($1)");
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });

            Cuid.Of(id).ShouldBe((string)(await command.ExecuteScalarAsync())!);
            if (i % 2 == 0)
                Cuid.ToVersion7(Cuid.Of(id)).ShouldBe(id);
        }

        Cuid.ToVersion7("c" + new string('z', 24)).ShouldBeNull();
        Cuid.ToVersion7("nonsense").ShouldBeNull();
    }

    private static bool Nullable(RecordColumn column) =>
        !column.Property.PropertyType.IsValueType
        || System.Nullable.GetUnderlyingType(column.Property.PropertyType) is not null;

    private (string Table, string Name, string Type, int? Length, bool Required) Live(
        string table,
        RecordColumn column
    ) => _columns.Single(live => live.Table == table && live.Name == column.Name);
}
