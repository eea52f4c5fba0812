namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// The journal as a writer of batches uses it: one number per batch that needs it, on disk between the batch's rows and
/// its commit. A number whose batch did not commit is taken back by the next writer that is certain of it.
/// </summary>
internal sealed class BatchJournal(Journal journal)
{
    // The number whose commit was not answered, or 0.
    private long _unanswered;

    /// <summary>What the journal must hold before a batch commits.</summary>
    public List<JournalEntry> EntriesOf(BatchPlan plan) => plan.JournalEntries(journal.SequenceMark);

    /// <summary>
    /// Puts a batch's entries on disk and answers their number. Called under the log's lock, so that nobody is between
    /// journal and commit: a number that the database does not know was not committed.
    /// </summary>
    /// <inheritdoc cref="Journal.Append"/>
    public async Task<long> Record(BatchPlan plan, IReadOnlyList<JournalEntry> entries, bool takeOver)
    {
        journal.CatchUp();
        var known = plan.JournalNumber;
        if (journal.LastNumber < known)
            throw new JournalException(
                "The journal is behind the database: it was cut or replaced while the service ran. Stop the service "
                    + "and bring the journal back."
            );

        if (journal.LastNumber > known)
        {
            if (journal.IsRestored(known))
                throw new JournalException(
                    "The database is behind its journal: it was restored while the service ran. Stop "
                        + "it and run `schemahub restore reapply`."
                );

            if (DidNotCommit(plan))
                await journal.Void(journal.LastNumber, takeOver);
        }

        var number = Math.Max(known, journal.LastUsedNumber) + 1;
        await journal.Append(number, entries, takeOver);
        _unanswered = number;
        return number;
    }

    /// <summary>The commit was answered.</summary>
    public void Committed() => _unanswered = 0;

    /// <summary>
    /// Whether the last number's batch is known to have been rolled back, rather than lost by a restore: it was this
    /// node's own, or the database has already given out the positions of that batch.
    /// </summary>
    private bool DidNotCommit(BatchPlan plan) =>
        journal.LastNumber == _unanswered
        || (journal.LastPosition > 0 && plan.Events[0].Sequence > journal.LastPosition);
}
