using System.Runtime.InteropServices;
using System.Text;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security.Native;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>Represents the algorithms that options permit, in OpenSSL's names; none of a kind: OpenSSL's configuration decides. Immutable.</summary>
/// <param name="Groups">The groups of the key exchange.</param>
/// <param name="SignatureAlgorithms">The algorithms of signatures.</param>
/// <param name="CipherSuites">The suites of both versions.</param>
/// <param name="OptionPath">The path of the options, with a dot, for errors.</param>
internal sealed record CipherSettings(IReadOnlyList<string> Groups, IReadOnlyList<string> SignatureAlgorithms, IReadOnlyList<string> CipherSuites, string OptionPath)
{
    private const int ControlGroups = 92;
    private const int ControlSignatureAlgorithms = 98;

    /// <summary>Sets the algorithms of a context.</summary>
    /// <exception cref="InvalidOptionsException">OpenSSL does not have some of them; the exception has each.</exception>
    public void Apply(OpenSslContext context)
    {
        OptionsError[] errors =
        [
            .. Set(Groups, nameof(Groups), "a group of the key exchange", names => SetList(context, ControlGroups, names)),
            .. Set(SignatureAlgorithms, nameof(SignatureAlgorithms), "an algorithm of signatures", names => SetList(context, ControlSignatureAlgorithms, names)),
            .. Set([.. CipherSuites.Where(IsOfTls13)], nameof(CipherSuites), "a cipher suite of TLS 1.3", names => LibSsl.SSL_CTX_set_ciphersuites(context.Handle, names) == 1 && HasAll(context, names)),
            .. Set([.. CipherSuites.Where(static name => !IsOfTls13(name))], nameof(CipherSuites), "a cipher suite of TLS 1.2", names => LibSsl.SSL_CTX_set_cipher_list(context.Handle, names) == 1 && HasAll(context, names)),
        ];
        if (errors.Length > 0)
        {
            throw new InvalidOptionsException(errors, null);
        }
    }

    /// <summary>Checks the algorithms, with a context that is not kept.</summary>
    /// <exception cref="InvalidOptionsException">OpenSSL does not have some of them; the exception has each.</exception>
    /// <exception cref="OpenSslException">There is no memory for a context.</exception>
    public void Check()
    {
        if (Groups.Count + SignatureAlgorithms.Count + CipherSuites.Count > 0)
        {
            using var context = OpenSslContext.Create(isServer: true, TlsVersion.Tls12);
            Apply(context);
        }
    }

    // The names of IANA for TLS 1.2 have both the key exchange and the cipher.
    private static bool IsOfTls13(string name) => name.StartsWith("TLS_", StringComparison.Ordinal) && !name.Contains("_WITH_", StringComparison.Ordinal);

    // One by one first, as OpenSSL does not tell which it does not know, and leaves unknown suites out if there is a known one.
    private List<OptionsError> Set(IReadOnlyList<string> names, string option, string kind, Func<string, bool> set)
    {
        var errors = names.Where(name => !set(name)).Select(name => new OptionsError(OptionPath + option, $"{kind} was expected, not '{name}'{Reason()}")).ToList();
        if (errors.Count == 0 && names.Count > 0 && !set(string.Join(':', names)))
        {
            errors.Add(new(OptionPath + option, $"OpenSSL refuses {string.Join(", ", names)} together{Reason()}"));
        }

        return errors;
    }

    // Some versions refuse an unknown name without an error.
    private static string Reason() => LibSsl.ERR_peek_error() == 0 ? "" : $": {OpenSslErrors.TakeReason()}";

    // A list of OpenSSL's can have keywords and commands, such as ALL and aNULL, which are no suites.
    private static unsafe bool HasAll(OpenSslContext context, string names)
    {
        var ciphers = LibCrypto.SSL_CTX_get_ciphers(context.Handle);
        var known = new HashSet<string?>();
        for (var i = 0; i < LibSsl.OPENSSL_sk_num(ciphers); i++)
        {
            var cipher = LibSsl.OPENSSL_sk_value(ciphers, i);
            known.Add(Marshal.PtrToStringUTF8((nint)LibCrypto.SSL_CIPHER_get_name(cipher)));
            known.Add(Marshal.PtrToStringUTF8((nint)LibCrypto.SSL_CIPHER_standard_name(cipher)));
        }

        return names.Split(':').All(known.Contains);
    }

    private static unsafe bool SetList(OpenSslContext context, int command, string names)
    {
        fixed (byte* text = Encoding.ASCII.GetBytes(names + "\0"))
        {
            return context.Control(command, 0, text) == 1;
        }
    }
}
