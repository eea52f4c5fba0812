using FluentValidation;
using MediatR;
using Npgsql;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Identity;
using SchemaHub.Application.Records;
using SchemaHub.Domain.Compliance;

namespace SchemaHub.Application.Compliance;

/// <summary>A person demands something about their own account.</summary>
/// <param name="Type">
/// <c>access</c>, <c>portability</c>, <c>rectification</c>, <c>erasure</c> or <c>restriction</c>.
/// </param>
/// <param name="OwnPassword">Of an erasure, which removes the account for good.</param>
[RequiresSignIn]
public sealed record OpenOwnPrivacyRequest(string Type, string? Note = null, string? OwnPassword = null)
    : IRequest<Position>;

/// <summary>Everything demanded about the caller's account, wherever it was, newest first.</summary>
/// <param name="Limit">1 to 200.</param>
[RequiresSignIn]
public sealed record ListOwnPrivacyRequests(int Limit = 50, Guid? After = null) : IQuery<PrivacyRequestPage>;

/// <summary>Has a demand about the caller's account fulfilled at once.</summary>
/// <param name="OwnPassword">Of an erasure.</param>
[RequiresSignIn]
public sealed record FulfilOwnPrivacyRequest(Guid Id, RectifiedFields? Fields = null, string? OwnPassword = null)
    : IRequest<Position>;

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
    IMemberships memberships,
    OwnPassword password,
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
         where r.subject_kind = 'user' and r.subject_id = $2 and ($3::uuid is null or r.id < $3)
        order by r.id desc
        limit $4
        """;

    private static readonly string Erasure = PrivacyWords.Of(PrivacyRight.Erasure);

    private Guid Caller => context.UserId!.Value;

    public async Task<Position> Handle(OpenOwnPrivacyRequest command, CancellationToken cancellation)
    {
        if (command.Type == Erasure)
            await password.Require(command.OwnPassword, cancellation);

        // The organization that manages the account answers for it; the installation, where there is none.
        var tenant = (await memberships.HomeOf(Caller, cancellation))?.ToString() ?? Tenant.System;
        return await SendIn(
            tenant,
            new OpenPrivacyRequest(command.Type, UserId: Caller, Note: command.Note),
            cancellation
        );
    }

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
        var (tenant, right) = await Find(command.Id, cancellation);
        if (right == Erasure)
            await password.Require(command.OwnPassword, cancellation);

        return await SendIn(tenant, new FulfilPrivacyRequest(command.Id, command.Fields), cancellation);
    }

    public async Task<Position> Handle(CancelOwnPrivacyRequest command, CancellationToken cancellation)
    {
        var (tenant, _) = await Find(command.Id, cancellation);
        return await SendIn(tenant, new CancelPrivacyRequest(command.Id), cancellation);
    }

    public async Task<Stream> Handle(FetchOwnPrivacyArchive query, CancellationToken cancellation)
    {
        var (tenant, _) = await Find(query.Id, cancellation);
        return await SendIn(tenant, new FetchPrivacyArchive(query.Id), cancellation);
    }

    // It is about the caller, whatever the caller may do in that organization: allowed is this and nothing else.
    private async Task<T> SendIn<T>(string tenant, IRequest<T> request, CancellationToken cancellation)
    {
        await using var there = runAs.Caller(context.In(tenant, "privacy:write"));
        return await there.Send(request, cancellation);
    }

    /// <exception cref="NotFoundException">There is none, or it is about somebody else.</exception>
    private async Task<(string Tenant, string Right)> Find(Guid id, CancellationToken cancellation)
    {
        var found = await database.Rows.Rows(
            Tenant.System,
            """
            select coalesce(r.organization_id::text, $3), r.request_type
            from access.privacy_requests r
            where r.id = $1 and r.subject_kind = 'user' and r.subject_id = $2
            """,
            row => (row.GetString(0), row.GetString(1)),
            cancellation,
            new NpgsqlParameter<Guid> { TypedValue = id },
            new NpgsqlParameter<Guid> { TypedValue = Caller },
            new NpgsqlParameter<string> { TypedValue = Tenant.System }
        );
        return found is [var request] ? request : throw new NotFoundException("privacy_request");
    }
}
