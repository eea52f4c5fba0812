using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using SchemaHub.Application.Identity;

namespace SchemaHub.Infrastructure.Security;

/// <summary>bcrypt as libxcrypt computes it: the library with which Linux itself checks passwords.</summary>
internal static class Bcrypt
{
    // libxcrypt's struct crypt_data has this size for good (crypt.h), and its output 384 bytes at most.
    private const int DataBytes = 32_768;
    private const int SaltBytes = 16;
    private const int SettingBytes = 192;

    private static readonly Lazy<Functions?> Library = new(Load);

    private delegate nint CryptRn(nint phrase, nint setting, nint data, int size);

    private delegate nint CryptGensaltRn(nint prefix, nuint count, nint random, int bytes, nint output, int size);

    /// <summary>Whether the library is there.</summary>
    public static bool IsAvailable => Library.Value is not null;

    /// <summary>The hash of a phrase under a new salt.</summary>
    /// <param name="cost">2 to its power are the rounds; 4 to 31.</param>
    /// <exception cref="PasswordsUnavailableException">The library is missing.</exception>
    public static string Hash(string phrase, int cost)
    {
        var functions = Require();
        var random = RandomNumberGenerator.GetBytes(SaltBytes);
        var setting = Marshal.AllocHGlobal(SettingBytes);
        var prefix = Marshal.StringToCoTaskMemUTF8("$2b$");
        var salt = GCHandle.Alloc(random, GCHandleType.Pinned);
        try
        {
            var made = functions.Gensalt(
                prefix,
                (nuint)cost,
                salt.AddrOfPinnedObject(),
                SaltBytes,
                setting,
                SettingBytes
            );
            return made == 0
                ? throw new PasswordsUnavailableException("libcrypt of this machine knows no bcrypt.")
                : Crypt(functions, phrase, Marshal.PtrToStringUTF8(made)!)
                    ?? throw new PasswordsUnavailableException("libcrypt of this machine refuses bcrypt.");
        }
        finally
        {
            salt.Free();
            Marshal.FreeCoTaskMem(prefix);
            Marshal.FreeHGlobal(setting);
        }
    }

    /// <summary>Whether a hash is the phrase's. A text that is no bcrypt hash is nobody's.</summary>
    /// <exception cref="PasswordsUnavailableException">The library is missing.</exception>
    public static bool Verify(string phrase, string hash)
    {
        var functions = Require();
        if (!hash.StartsWith("$2", StringComparison.Ordinal))
            return false;

        return Crypt(functions, phrase, hash) is { } again
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(again), Encoding.UTF8.GetBytes(hash));
    }

    private static string? Crypt(Functions functions, string phrase, string setting)
    {
        var (text, form) = (Marshal.StringToCoTaskMemUTF8(phrase), Marshal.StringToCoTaskMemUTF8(setting));
        var data = Marshal.AllocHGlobal(DataBytes);
        try
        {
            Clear(data, DataBytes);
            var result = functions.Crypt(text, form, data, DataBytes);
            // Some builds answer a failure with a text that begins with an asterisk, so that it is no hash.
            return result == 0 || Marshal.PtrToStringUTF8(result) is not ['$', ..] hash ? null : hash;
        }
        finally
        {
            Clear(data, DataBytes);
            Marshal.FreeHGlobal(data);
            Marshal.ZeroFreeCoTaskMemUTF8(text);
            Marshal.FreeCoTaskMem(form);
        }
    }

    private static void Clear(nint memory, int bytes) => Marshal.Copy(new byte[bytes], 0, memory, bytes);

    private static Functions Require() =>
        Library.Value
        ?? throw new PasswordsUnavailableException(
            "Passwords need libxcrypt (libcrypt.so.1 or libcrypt.so.2), which this machine lacks: install the package "
                + "libcrypt1 (Debian, Ubuntu) or libxcrypt (Fedora, Arch, Alpine)."
        );

    private static Functions? Load()
    {
        foreach (var name in new[] { "libcrypt.so.1", "libcrypt.so.2" })
        {
            if (
                NativeLibrary.TryLoad(name, out var library)
                && NativeLibrary.TryGetExport(library, "crypt_rn", out var crypt)
                && NativeLibrary.TryGetExport(library, "crypt_gensalt_rn", out var gensalt)
            )
                return new Functions(
                    Marshal.GetDelegateForFunctionPointer<CryptRn>(crypt),
                    Marshal.GetDelegateForFunctionPointer<CryptGensaltRn>(gensalt)
                );
        }

        return null;
    }

    private sealed record Functions(CryptRn Crypt, CryptGensaltRn Gensalt);
}
