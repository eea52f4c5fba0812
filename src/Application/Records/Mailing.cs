using FluentValidation;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Records;

/// <summary>Tracks on SoundCloud that an organization knows of.</summary>
/// <param name="SoundcloudId">
/// SoundCloud's id of the track. Unique per organization: over all, one tenant would learn of another's.
/// </param>
/// <param name="PermalinkUrl">Where the track is heard.</param>
/// <param name="ArtworkUrl">Its cover.</param>
[Record("backstage.soundcloud_tracks", Times = RowTimes.Created, OwnerColumn = "user_id")]
public sealed record SoundcloudTrack(
    string? SoundcloudId,
    string? Title,
    string? Artist = null,
    string? PermalinkUrl = null,
    string? ArtworkUrl = null
);

internal sealed class SoundcloudTrackValidator : AbstractValidator<SoundcloudTrack>
{
    public SoundcloudTrackValidator()
    {
        RuleFor(row => row.SoundcloudId).NotBlank().PlainText(255);
        RuleFor(row => row.Title).NotBlank().PlainText(255);
        RuleFor(row => row.Artist).PlainText(255);
        RuleFor(row => row.PermalinkUrl).SecureUrl();
        RuleFor(row => row.ArtworkUrl).SecureUrl();
    }
}
