using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Domain;

namespace SchemaHub.Application;

/// <summary>
/// Answers a repeated command with its first answer. The log keeps it in the commit of the events; where a command
/// appends nothing, or appends in steps, it is kept when the command is done.
/// </summary>
internal sealed class Idempotency<TRequest, TAnswer>(
    CommandContext context,
    CurrentRequest current,
    IReceipts receipts,
    IKeyedIds ids
) : IPipelineBehavior<TRequest, TAnswer>
    where TRequest : IRequest<TAnswer>
{
    // Strangers share an actor and must not share keys; queries change nothing.
    private static readonly bool IsKept =
        !typeof(TRequest).IsAssignableTo(typeof(IQuery<TAnswer>))
        && !typeof(TRequest).IsDefined(typeof(IdempotentByContentAttribute), inherit: false)
        && typeof(TRequest).GetCustomAttribute<RequirementAttribute>() is not RequiresNothingAttribute;

    public async Task<TAnswer> Handle(
        TRequest request,
        CancellationToken cancellationToken,
        RequestHandlerDelegate<TAnswer> next
    )
    {
        if (
            !IsKept
            || context is not { IdempotencyKey: { } key, Actor: not Actors.Public }
            || current.Running is not { } running
            || !running.IsFor(request)
        )
            return await next();

        var receipt = new CommandReceipt(context.Tenant, context.Actor, key, HashOf(request));
        if (await receipts.Find(receipt, cancellationToken) is { } first)
            return Read(first);

        running.Receipt = receipt;
        running.HasAnswer = typeof(TAnswer) != typeof(Position) && typeof(TAnswer) != typeof(Unit);
        try
        {
            var answer = await next();
            return running.IsKept
                ? answer
                // It is done: a caller that gives up now is answered the same when it comes again.
                : Read(await receipts.Keep(receipt, Write(answer), CancellationToken.None));
        }
        catch (AnsweredBeforeException before)
        {
            return Read(before.Answer);
        }
        catch (Exception refusal) when (refusal is RuleBrokenException or StaleVersionException or NotFoundException)
        {
            // The same request may have been done by its twin a moment ago, and that is what stands in its way.
            if (await receipts.Find(receipt, cancellationToken) is { } twins)
                return Read(twins);

            throw;
        }
    }

    private byte[] HashOf(TRequest request)
    {
        var name = Encoding.UTF8.GetBytes(typeof(TRequest).Name);
        return request is ITellsRequestsApart told
            ? ids.OfRequest([.. name, .. Encoding.UTF8.GetBytes(told.Identity)])
            : ids.OfRequest([.. name, .. JsonSerializer.SerializeToUtf8Bytes(request)]);
    }

    private static TAnswer Read(KeptAnswer kept) =>
        kept switch
        {
            { Position: TAnswer position } => position,
            { Json: null } when Unit.Value is TAnswer nothing => nothing,
            { Json: { } json } => JsonSerializer.Deserialize<TAnswer>(json)!,
            _ => throw new CryptographicException($"The answer of a {typeof(TRequest).Name} was not kept."),
        };

    private static KeptAnswer Write(TAnswer answer) =>
        answer switch
        {
            Position position => new KeptAnswer(position, Json: null),
            Unit => new KeptAnswer(Position.Nowhere, Json: null),
            _ => new KeptAnswer(Position.Nowhere, JsonSerializer.Serialize(answer)),
        };
}
