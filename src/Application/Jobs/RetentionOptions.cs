namespace SchemaHub.Application.Jobs;

/// <summary>
/// How long is kept what is written beside the log, in days. Consent evidence is not here: it is kept while the consent
/// lasts and seven years after, and no setting changes that.
/// </summary>
public sealed record RetentionOptions
{
    /// <summary>First answers under an <c>Idempotency-Key</c>: how long a repeated request is recognized.</summary>
    public int ReceiptsDays { get; init; } = 90;

    /// <summary>Runs of jobs, <c>backstage.execution_logs</c>.</summary>
    public int ExecutionLogsDays { get; init; } = 90;

    /// <summary>Keys under which jobs were enqueued: how long the same key is the same job.</summary>
    public int JobKeysDays { get; init; } = 30;

    /// <summary>
    /// Mails of campaigns that ended, with what became of them, from the end on: <c>backstage.email_logs</c> and
    /// <c>email_events</c>. Null, as it is unless set, keeps them: they say which consent allowed a mail.
    /// </summary>
    public int? MailsDays { get; init; }

    /// <exception cref="InvalidOperationException">A time to keep is out of range.</exception>
    public void Check()
    {
        const int most = 36_500;
        if (new[] { ReceiptsDays, ExecutionLogsDays, JobKeysDays, MailsDays ?? 1 }.Any(days => days is < 1 or > most))
            throw new InvalidOperationException($"SchemaHub:Retention: what is kept is kept for 1 to {most} days.");
    }
}
