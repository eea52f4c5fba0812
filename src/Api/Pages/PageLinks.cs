using SchemaHub.Application.Contacts;

namespace SchemaHub.Api.Pages;

/// <summary>Where the pages are, seen from outside.</summary>
internal sealed class PageLinks(Uri publicUrl) : IPublicLinks
{
    public string Root { get; } = publicUrl.GetLeftPart(UriPartial.Path).TrimEnd('/');

    public Uri SignUp(Guid organization, Guid form) => new($"{Root}/lists/{organization}/{form}");

    public Uri Confirmation(string token) => new($"{Root}/confirm/{token}");

    public Uri Invitation(string token) => new($"{Root}/invitations/{token}");

    public Uri Unsubscribe(string token, string? purpose = null) =>
        new($"{Root}/unsubscribe/{token}{(purpose is null ? "" : $"?purpose={purpose}")}");

    public Uri Preferences(string token) => new($"{Root}/preferences/{token}");

    public Uri EmailVerification(string token) => new($"{Root}/account/verify/{token}");

    public Uri PasswordReset(string token) => new($"{Root}/account/reset/{token}");

    public Uri DeviceLink(string token) => new($"{Root}/account/device/{token}");

    /// <summary>From one page with a token to the choices behind a token.</summary>
    public static string ToPreferences(string token) => $"../preferences/{Uri.EscapeDataString(token)}";
}
