using FluentValidation;
using MediatR;
using Npgsql;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Identity;
using SchemaHub.Application.Records;

namespace SchemaHub.Application.Compliance;

/// <summary>
/// A person demands something about their own account. The demand, and the archive made for it, are the person's alone:
/// they lie under no organization.
/// </summary>
/// <param name="Type">
/// <c>access</c>, <c>portability</c>, <c>rectification</c>, <c>erasure</c> or <c>restriction</c>.
/// </param>
[RequiresSignIn]
public sealed record OpenOwnPrivacyRequest(string Type, string? Note = null) : IRequest<Position>;

/// <summary>Everything that the caller demanded about their own account, newest first.</summary>
/// <param name="Limit">1 to 200.</param>
[RequiresSignIn]
public sealed record ListOwnPrivacyRequests(int Limit = 50, Guid? After = null) : IQuery<PrivacyRequestPage>;

/// <summary>Has a demand about the caller's account fulfilled at once.</summary>
[RequiresSignIn]
public sealed record FulfilOwnPrivacyRequest(Guid Id, RectifiedFields? Fields = null) : IRequest<Position>;

/// <summary>Takes a demand about the caller's account back.</summary>
[RequiresSignIn]
public sealed record CancelOwnPrivacyRequest(Guid Id) : IRequest<Position>;

/// <summary>The archive about the caller's account.</summary>
[RequiresSignIn]
public sealed record FetchOwnPrivacyArchive(Guid Id) : IQuery<Stream>;

internal sealed class ListOwnPrivacyRequestsValidator : AbstractValidator<ListOwnPrivacyRequests>
{
    public ListOwnPrivacyRequestsValidator() =>
        RuleFor(query => query.Limit).InclusiveBetween(1, Page<object>.MostItems);
}

internal sealed class OwnPrivacyRequestsHandler(
    OperatorDatabase database,
    RunAs runAs,
    TimeProvider clock,
    CommandContext context
)
    : IRequestHandler<OpenOwnPrivacyRequest, Position>,
        IRequestHandler<ListOwnPrivacyRequests, PrivacyRequestPage>,
        IRequestHandler<FulfilOwnPrivacyRequest, Position>,
        IRequestHandler<CancelOwnPrivacyRequest, Position>,
        IRequestHandler<FetchOwnPrivacyArchive, Stream>
{
    private const string OfUser = """
         where r.organization_id is null and r.subject_kind = 'user' and r.subject_id = $2
            and ($3::uuid is null or r.id < $3)
        order by r.id desc
        limit $4
        """;

    private Guid Caller => context.UserId!.Value;

    public Task<Position> Handle(OpenOwnPrivacyRequest command, CancellationToken cancellation) =>
        Send(new OpenPrivacyRequest(command.Type, UserId: Caller, Note: command.Note), cancellation);

    public async Task<PrivacyRequestPage> Handle(ListOwnPrivacyRequests query, CancellationToken cancellation)
    {
        var rows = await database.Rows.Rows(
            Tenant.System,
            PrivacyRequestRow.Sql + OfUser,
            PrivacyRequestRow.Read,
            cancellation,
            new NpgsqlParameter<DateOnly> { TypedValue = PrivacyRequestRow.Today(clock) },
            new NpgsqlParameter<Guid> { TypedValue = Caller },
            OneOrAll.Of(query.After),
            new NpgsqlParameter<int> { TypedValue = query.Limit + 1 }
        );
        return PrivacyRequestPage.Of(rows, query.Limit);
    }

    public async Task<Position> Handle(FulfilOwnPrivacyRequest command, CancellationToken cancellation)
    {
        await RequireOwn(command.Id, cancellation);
        return await Send(new FulfilPrivacyRequest(command.Id, command.Fields), cancellation);
    }

    public async Task<Position> Handle(CancelOwnPrivacyRequest command, CancellationToken cancellation)
    {
        await RequireOwn(command.Id, cancellation);
        return await Send(new CancelPrivacyRequest(command.Id), cancellation);
    }

    public async Task<Stream> Handle(FetchOwnPrivacyArchive query, CancellationToken cancellation)
    {
        await RequireOwn(query.Id, cancellation);
        return await Send(new FetchPrivacyArchive(query.Id), cancellation);
    }

    // It is about the caller, in no organization: allowed is this and nothing else.
    private async Task<T> Send<T>(IRequest<T> request, CancellationToken cancellation)
    {
        await using var there = runAs.Caller(context.In(Tenant.System, "privacy:write"));
        return await there.Send(request, cancellation);
    }

    /// <exception cref="NotFoundException">There is none, or it is not the caller's own.</exception>
    private async Task RequireOwn(Guid id, CancellationToken cancellation)
    {
        var found = await database.Rows.Rows(
            Tenant.System,
            """
            select r.id
            from access.privacy_requests r
            where r.id = $1 and r.organization_id is null and r.subject_kind = 'user' and r.subject_id = $2
            """,
            row => row.GetGuid(0),
            cancellation,
            new NpgsqlParameter<Guid> { TypedValue = id },
            new NpgsqlParameter<Guid> { TypedValue = Caller }
        );
        if (found.Count == 0)
            throw new NotFoundException("privacy_request");
    }
}
