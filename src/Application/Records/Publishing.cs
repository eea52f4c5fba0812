using FluentValidation;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Records;

/// <summary>The shows a tenant publishes.</summary>
/// <param name="RssFeedUrl">Where the feed is that players read.</param>
[Record("podcast.podcasts", SoftDeletes = true)]
public sealed record Show(
    string? Name,
    string? Description = null,
    string? RssFeedUrl = null,
    string? WebsiteUrl = null
);

internal sealed class ShowValidator : AbstractValidator<Show>
{
    public ShowValidator()
    {
        RuleFor(row => row.Name).NotBlank().PlainText(200);
        RuleFor(row => row.Description).Prose(10000);
        RuleFor(row => row.RssFeedUrl).WebUrl();
        RuleFor(row => row.WebsiteUrl).WebUrl();
    }
}

/// <summary>The single broadcasts of a show.</summary>
/// <param name="EpisodeNumber">As the show counts; trailers and specials have none.</param>
/// <param name="PublishedAt">Null until it is published.</param>
[Record("podcast.episodes", SoftDeletes = true)]
public sealed record Episode(
    Guid? PodcastId,
    string? Title,
    string? Description = null,
    int? EpisodeNumber = null,
    DateTimeOffset? PublishedAt = null,
    int? DurationSeconds = null,
    string? AudioUrl = null
);

internal sealed class EpisodeValidator : AbstractValidator<Episode>
{
    public EpisodeValidator()
    {
        RuleFor(row => row.PodcastId).NotNull();
        RuleFor(row => row.Title).NotBlank().PlainText(500);
        RuleFor(row => row.Description).Prose(10000);
        RuleFor(row => row.EpisodeNumber).GreaterThanOrEqualTo(0);
        RuleFor(row => row.DurationSeconds).GreaterThanOrEqualTo(0);
        RuleFor(row => row.AudioUrl).WebUrl();
    }
}

/// <summary>What was said in an episode: one row each.</summary>
/// <param name="Language">BCP 47.</param>
/// <param name="ConfidenceScore">How sure the recognizer is, 0 to 1; null where people wrote it.</param>
[Record("podcast.transcripts", Key = RecordKey.Natural)]
public sealed record Transcript(
    [property: KeyPart] Guid? EpisodeId,
    string? Content,
    string? Language = "en",
    decimal? ConfidenceScore = null
);

internal sealed class TranscriptValidator : AbstractValidator<Transcript>
{
    public TranscriptValidator()
    {
        RuleFor(row => row.EpisodeId).NotNull();
        RuleFor(row => row.Content).NotEmpty().Prose(1_048_576);
        RuleFor(row => row.Language).NotNull().Language();
        RuleFor(row => row.ConfidenceScore).InclusiveBetween(0, 1).PrecisionScale(5, 4, ignoreTrailingZeros: true);
    }
}
