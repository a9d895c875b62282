using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>Loads OpenSSL's libssl, once for the process. Any thread.</summary>
internal static unsafe class LibSsl
{
    private const string Name = "libssl.so.3";

    private static readonly Lazy<string?> LoadedVersion = new(Load);

    /// <summary>Gets the version as the library prints it. For use if it has loaded.</summary>
    public static string Version => LoadedVersion.Value!;

    /// <summary>Returns a value that indicates whether the library has loaded.</summary>
    /// <param name="problem">The reason if it has not, without a full stop.</param>
    public static bool TryLoad([NotNullWhen(false)] out string? problem)
    {
        problem = LoadedVersion.Value is null ? $"{Name} was not found, or has no OpenSSL_version" : null;
        return problem is null;
    }

    private static string? Load() => NativeLibrary.TryLoad(Name, out var library) && NativeLibrary.TryGetExport(library, "OpenSSL_version", out var version)
        ? Marshal.PtrToStringUTF8(((delegate* unmanaged<int, nint>)version)(0)) : null;
}
