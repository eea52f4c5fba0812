namespace SchemaHub.Infrastructure.Postgres;

/// <summary>The private PostgreSQL server cannot be had; the message says why and what to do about it.</summary>
public sealed class EmbeddedPostgresException : Exception
{
    public EmbeddedPostgresException(string message)
        : base(message) { }

    public EmbeddedPostgresException(string message, Exception cause)
        : base(message, cause) { }
}
