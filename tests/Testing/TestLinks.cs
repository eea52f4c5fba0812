using SchemaHub.Application.Contacts;

namespace SchemaHub.Testing;

/// <summary>Where pages would be, for services without their HTTP.</summary>
public sealed class TestLinks(string root) : IPublicLinks
{
    public string Root => root;

    public Uri SignUp(Guid organization, Guid form) => new($"{root}/lists/{organization}/{form}");

    public Uri Confirmation(string token) => new($"{root}/confirm/{token}");

    public Uri Invitation(string token) => new($"{root}/invitations/{token}");

    public Uri Unsubscribe(string token, string? purpose = null) =>
        new($"{root}/unsubscribe/{token}{(purpose is null ? "" : $"?purpose={purpose}")}");

    public Uri Preferences(string token) => new($"{root}/preferences/{token}");

    public Uri EmailVerification(string token) => new($"{root}/account/verify/{token}");

    public Uri PasswordReset(string token) => new($"{root}/account/reset/{token}");

    public Uri DeviceLink(string token) => new($"{root}/account/device/{token}");
}
