namespace SchemaHub.Application;

/// <summary>Finds the stream behind a published integer id.</summary>
public interface IStreamDirectory
{
    /// <summary>The stream of the caller's tenant, or null where there is none of that kind.</summary>
    /// <param name="type">The kind of stream, such as <c>contact</c>.</param>
    Task<Guid?> Find(string tenant, long number, string type, CancellationToken cancellation);
}

/// <summary>What was asked for does not exist, or belongs to somebody else: the answers are the same.</summary>
public sealed class NotFoundException(string what) : Exception($"There is no such {what}.")
{
    /// <summary>What was looked for, such as <c>contact</c>.</summary>
    public string What { get; } = what;
}

/// <summary>Shorthands for handlers.</summary>
internal static class StreamDirectoryExtensions
{
    /// <exception cref="NotFoundException">None of that kind in the caller's tenant.</exception>
    public static async Task<Guid> Contact(
        this IStreamDirectory directory,
        CommandContext context,
        long number,
        CancellationToken cancellation
    ) =>
        await directory.Find(context.Tenant, number, Domain.Contacts.Contact.StreamType, cancellation)
        ?? throw new NotFoundException("contact");
}
