using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Security.Certificates;

/// <summary>Reads small files that people write: regular files only, whole, and no more than a bound.</summary>
internal static class BoundedFile
{
    public const int MaxBytes = 1024 * 1024;

    /// <summary>Returns whether a text can be the path of a file.</summary>
    public static bool IsPath(string? text) => !string.IsNullOrWhiteSpace(text) && !text.Contains('\0', StringComparison.Ordinal);

    /// <summary>Reads a file.</summary>
    /// <exception cref="CertificateLoadException">It cannot be read, is empty, or is too large.</exception>
    public static byte[] Read(string path, string option)
    {
        var fingerprint = FileFingerprint.Of(path);
        CertificateLoadException Fail(CertificateFailure failure, string problem) => new(failure, option, $"{path}: {problem}");

        // Not opened first: opening a pipe waits for its other end, and opening a device may do anything.
        switch (fingerprint.Kind)
        {
            case FileType.Missing:
                throw Fail(CertificateFailure.Missing, "there is no such file");
            case FileType.Directory:
                throw Fail(CertificateFailure.Unreadable, "a file was expected, not a directory");
            case FileType.Special:
                throw Fail(CertificateFailure.Unreadable, "a regular file was expected, not a device, pipe or socket");
            case FileType.Unknown when fingerprint.Error != 0:
                throw Fail(CertificateFailure.Unreadable, $"it cannot be read: {Marshal.GetPInvokeErrorMessage(fingerprint.Error)}");
        }

        byte[] content;
        try
        {
            content = Read(path);
        }
        catch (FileNotFoundException)
        {
            throw Fail(CertificateFailure.Missing, "there is no such file");
        }
        catch (UnauthorizedAccessException)
        {
            throw Fail(CertificateFailure.Unreadable, $"permission denied for the user {Environment.UserName}");
        }
        catch (Exception e) when (e is IOException or NotSupportedException or ArgumentException)
        {
            throw Fail(CertificateFailure.Unreadable, $"it cannot be read: {e.Message}");
        }

        return content.Length switch
        {
            0 => throw Fail(CertificateFailure.Malformed, "it is empty"),
            > MaxBytes => throw Fail(CertificateFailure.Malformed, $"it has more than {MaxBytes / 1024} KiB"),
            _ => content,
        };
    }

    // One byte more than the bound shows that it is exceeded. A writer must not be kept from the file, nor from replacing it.
    private static byte[] Read(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var buffer = new byte[(int)Math.Min(MaxBytes, RandomAccess.GetLength(file)) + 1];
        var length = 0;
        while (RandomAccess.Read(file, buffer.AsSpan(length), length) is var read and > 0)
        {
            length += read;
            if (length == buffer.Length)
            {
                if (length > MaxBytes)
                {
                    break;
                }

                // It has grown since its length was read.
                var larger = new byte[Math.Min(length * 2, MaxBytes + 1)];
                buffer.CopyTo(larger, 0);
                CryptographicOperations.ZeroMemory(buffer);
                buffer = larger;
            }
        }

        var content = buffer[..length];
        CryptographicOperations.ZeroMemory(buffer);
        return content;
    }
}
