namespace SchemaHub.Domain;

/// <summary>
/// A fact that names another stream's published number. A stream that begins in the same commit has that number only
/// then: the log fills it in.
/// </summary>
public interface INamesNumbers
{
    /// <summary>The same fact with the numbers that were missing.</summary>
    /// <param name="number">
    /// Answers the number of a stream; the second argument is what is known of it, 0 if nothing.
    /// </param>
    object Name(Func<Guid, long, long> number);

    /// <summary>Whether a number is missing.</summary>
    bool IsIncomplete
    {
        get
        {
            var isIncomplete = false;
            Name(
                (_, known) =>
                {
                    isIncomplete |= known == 0;
                    return known;
                }
            );
            return isIncomplete;
        }
    }
}
