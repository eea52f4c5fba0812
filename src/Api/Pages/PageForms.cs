using Microsoft.AspNetCore.Http.Features;

namespace SchemaHub.Api.Pages;

internal static class PageForms
{
    private static readonly FormOptions Bounds = new() { ValueCountLimit = 64, KeyLengthLimit = 256 };

    /// <summary>
    /// The fields of a posted form. A body that is torn, too long or no form at all has none: a withdrawal needs none
    /// and must not fail for it, and the other pages ask again.
    /// </summary>
    public static async Task<IFormCollection> ReadFields(this HttpRequest request)
    {
        if (!request.HasFormContentType)
            return FormCollection.Empty;

        try
        {
            return await request.ReadFormAsync(Bounds, request.HttpContext.RequestAborted);
        }
        catch (Exception unreadable) when (unreadable is IOException or InvalidDataException)
        {
            return FormCollection.Empty;
        }
    }
}
