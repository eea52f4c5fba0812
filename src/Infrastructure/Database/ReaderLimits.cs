namespace SchemaHub.Infrastructure.Database;

/// <summary>
/// How much SQL readers may use. A login's settings hold to it first; since a reader can change those, the watchdog of
/// the service ends sessions that go beyond.
/// </summary>
public sealed record ReaderLimits
{
    /// <summary>Sessions of one login at the same time.</summary>
    public int Connections { get; init; } = 5;

    /// <summary>Sessions of all readers at the same time.</summary>
    public int TotalConnections { get; init; } = 50;

    /// <summary>The longest a statement runs.</summary>
    public int StatementSeconds { get; init; } = 300;

    /// <summary>The longest a transaction lasts: it holds back vacuum and notifications.</summary>
    public int TransactionSeconds { get; init; } = 900;

    /// <summary>The longest a transaction waits for its client.</summary>
    public int IdleInTransactionSeconds { get; init; } = 60;

    /// <summary>The longest a session does nothing, also where it listens.</summary>
    public int IdleSeconds { get; init; } = 600;

    /// <summary>The largest temporary files of one session, as sorts and joins need them.</summary>
    public int TempFileMegabytes { get; init; } = 1024;

    /// <summary>
    /// How full PostgreSQL's queue of notifications may be (1 is full) before sessions of readers that may hold it up
    /// are ended.
    /// </summary>
    public double NotificationQueueShare { get; init; } = 0.1;

    /// <summary>These limits, if they can be meant.</summary>
    /// <exception cref="InvalidOperationException">Names the setting that cannot.</exception>
    public ReaderLimits Checked()
    {
        Require(nameof(Connections), Connections);
        Require(nameof(TotalConnections), TotalConnections);
        Require(nameof(StatementSeconds), StatementSeconds);
        Require(nameof(TransactionSeconds), TransactionSeconds);
        Require(nameof(IdleInTransactionSeconds), IdleInTransactionSeconds);
        Require(nameof(IdleSeconds), IdleSeconds);
        Require(nameof(TempFileMegabytes), TempFileMegabytes);
        if (NotificationQueueShare is not (> 0 and <= 1))
            throw new InvalidOperationException("SchemaHub:Readers:NotificationQueueShare is above 0 and at most 1.");

        return this;
    }

    private static void Require(string setting, int value)
    {
        if (value is < 1 or > 1_000_000)
            throw new InvalidOperationException($"SchemaHub:Readers:{setting} is between 1 and 1000000.");
    }
}
