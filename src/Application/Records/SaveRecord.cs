using System.Globalization;
using System.Text.Json;
using FluentValidation;
using FluentValidation.Results;
using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Domain;
using SchemaHub.Domain.Records;

namespace SchemaHub.Application.Records;

/// <summary>Makes a record, or replaces one.</summary>
/// <param name="Table">Schema and table, such as <c>podcast.partners</c>.</param>
/// <param name="Row">An instance of the record's class.</param>
/// <param name="Id">Of the record to be replaced; null for a new one.</param>
/// <param name="ExpectedVersion">The version the caller saw.</param>
[RequiresByContent]
public sealed record SaveRecord(string Table, object Row, string? Id = null, long? ExpectedVersion = null)
    : ICommand,
        IRequiresByContent
{
    /// <inheritdoc/>
    public string? RequiredPermission => RecordCatalogue.Get(Table).WritePermission;

    /// <summary>The id of what was saved.</summary>
    public string IdOf(string tenant, Position position) =>
        Id ?? RecordIds.Of(RecordCatalogue.Get(Table), tenant, position, Row);
}

internal sealed class SaveRecordValidator : AbstractValidator<SaveRecord>
{
    public SaveRecordValidator() =>
        RuleFor(command => command)
            .Custom(
                (command, context) =>
                {
                    var type = RecordCatalogue.Get(command.Table);
                    foreach (var problem in type.Problems(command.Row).Concat(Unwritable(type, command.Row)))
                        context.AddFailure(problem);
                }
            );

    // PostgreSQL holds no null character, neither in text nor in jsonb.
    private static IEnumerable<ValidationFailure> Unwritable(RecordType type, object row) =>
        type
            .Columns.Where(column => HoldsNull(column.Property.GetValue(row)))
            .Select(column => new ValidationFailure(column.Field, "It holds a null character."));

    private static bool HoldsNull(object? value) =>
        value switch
        {
            string text => text.Contains('\0', StringComparison.Ordinal),
            JsonElement json => json.ValueKind != JsonValueKind.Undefined && JsonRules.HoldsNullCharacter(json),
            _ => false,
        };
}

internal sealed class SaveRecordHandler(
    IEventLog log,
    RecordStreams streams,
    IMediator mediator,
    RecordRefusals refusals,
    CommandContext context
) : ICommandHandler<SaveRecord>
{
    public async Task<Position> Handle(SaveRecord command, CancellationToken cancellation)
    {
        var type = RecordCatalogue.Get(command.Table);
        streams.RequireWriter(type);
        var stream = command.Id is null
            ? RecordIds.NewStream(type, context.Tenant, command.Row)
            : await streams.Find(type, command.Id, cancellation);
        RequireSameKey(type, command);
        var known = await mediator.Send(
            new CheckReferences(type, command.Row, IsNew: command.Id is null),
            cancellation
        );
        if (known.Failures.Count > 0)
            throw new ValidationException(known.Failures);

        var personal = RowJson.Personal(type, command.Row);
        return await refusals.Explain(
            type,
            () =>
                log.Change<Record, RecordEvent>(
                    stream,
                    record =>
                        command.Id is null
                            ? record.Create(type.Name, Open(type, command.Row, known, record), personal)
                            : record.Replace(type.Name, Open(type, command.Row, known, record), personal),
                    cancellation,
                    command.ExpectedVersion,
                    expectNew: command.Id is null
                ),
            cancellation
        );
    }

    private static void RequireSameKey(RecordType type, SaveRecord command)
    {
        if (command.Id is null || !type.HasNaturalKey || RecordIds.OfRow(type, command.Row) == command.Id)
            return;

        throw new ValidationException(
            type.Columns.Where(column => column.IsKeyPart)
                .Select(column => new ValidationFailure(
                    column.Field,
                    "It is part of what the record is known by, and stays."
                ))
        );
    }

    private static JsonElement Open(RecordType type, object row, CheckedReferences known, Record record)
    {
        var open = RowJson.Open(type, row);
        if (type.OwnerColumn is { } owner)
            open[owner] =
                record.Row is { } before && before.TryGetProperty(owner, out var first)
                    ? JsonSerializer.SerializeToNode(first)
                    : known.OwnerNumber;

        return JsonSerializer.SerializeToElement(open);
    }
}

/// <summary>Finds the streams of records, and who may write them.</summary>
internal sealed class RecordStreams(IStreamDirectory directory, ITableShapes shapes, CommandContext context)
{
    /// <exception cref="RuleBrokenException"><c>record.not_found</c>.</exception>
    public async Task<Guid> Find(RecordType type, string id, CancellationToken cancellation)
    {
        if (RecordIds.Parse(type, id) is not { } key)
            throw new NotFoundException("record");

        var stream = type.HasNumber
            ? await directory.Find(
                context.Tenant,
                long.Parse(key[0], CultureInfo.InvariantCulture),
                Record.StreamType,
                cancellation
            )
            : RecordIds.StreamOf(type, context.Tenant, key);
        return stream ?? throw new NotFoundException("record");
    }

    /// <exception cref="RuleBrokenException">
    /// <c>record.of_operator</c>, <c>record.of_organization</c>, <c>record.schema_off</c>.
    /// </exception>
    public void RequireWriter(RecordType type)
    {
        if (!shapes.IsOn(type.Schema))
            throw new RuleBrokenException("record.schema_off", $"The schema {type.Schema} is switched off.");

        var ofOperator = type.Scope is RecordScope.Everybody or RecordScope.Operator;
        if (ofOperator && context.Tenant != Tenant.System)
            throw new RuleBrokenException("record.of_operator", "Only the installation's operator writes these.");

        if (!ofOperator && context.Tenant == Tenant.System)
            throw new RuleBrokenException("record.of_organization", "Name the organization whose record it is.");
    }
}
