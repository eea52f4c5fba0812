using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Components;

namespace SchemaHub.Api.Pages;

/// <summary>The one stylesheet, within each page; its hash is all that the content security policy lets in.</summary>
internal static class PageStyle
{
    private static readonly string Css = Read();

    private static readonly string Hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Css)));

    /// <summary>The style element, for a page's head.</summary>
    public static MarkupString Element { get; } = new($"<style>{Css}</style>");

    /// <summary>No script, no frame, no other origin; forms post here only.</summary>
    public static string ContentSecurityPolicy { get; } =
        $"default-src 'none'; style-src 'sha256-{Hash}'; img-src data:; form-action 'self'; base-uri 'none'; "
        + "frame-ancestors 'none'";

    private static string Read()
    {
        using var stream = typeof(PageStyle).Assembly.GetManifestResourceStream("pages.css")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        // As a browser sees it, or its hash would differ.
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
