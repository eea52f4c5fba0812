using SchemaHub.Application.Contacts;

namespace SchemaHub.Api.Pages;

/// <summary>Where the pages are, seen from outside.</summary>
internal sealed class PageLinks(Uri publicUrl) : IPublicLinks
{
    private readonly string _root = publicUrl.GetLeftPart(UriPartial.Path).TrimEnd('/');

    public Uri SignUp(Guid organization, Guid form) => new($"{_root}/lists/{organization}/{form}");

    public Uri Confirmation(string token) => new($"{_root}/confirm/{token}");

    public Uri Unsubscribe(string token) => new($"{_root}/unsubscribe/{token}");

    public Uri Preferences(string token) => new($"{_root}/preferences/{token}");

    /// <summary>From one page with a token to the choices behind a token.</summary>
    public static string ToPreferences(string token) => $"../preferences/{Uri.EscapeDataString(token)}";
}
