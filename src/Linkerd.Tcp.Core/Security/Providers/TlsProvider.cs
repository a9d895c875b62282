using System.Runtime.CompilerServices;
using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Security.Providers;

/// <summary>Represents a library that runs TLS handshakes, with the options that it has beside those that every one has. Immutable.</summary>
/// <param name="HasCrlFiles">True if it takes revocation lists from files.</param>
/// <param name="HasOcspFiles">True if it staples OCSP responses from files.</param>
/// <param name="HasTicketKeys">True if it takes the keys of session tickets from a file.</param>
/// <param name="HasGroups">True if the groups of the key exchange can be set.</param>
internal sealed record TlsProvider(bool HasCrlFiles = false, bool HasOcspFiles = false, bool HasTicketKeys = false, bool HasGroups = false)
{
    /// <summary>Gets SslStream, which has none of them (dotnet/runtime #104690 for revocation lists).</summary>
    public static TlsProvider SslStream { get; } = new();

    /// <summary>Gets the provider that is in use.</summary>
    public static TlsProvider Current => SslStream;

    /// <summary>Adds an error if an option is set that a provider does not have: it is never ignored.</summary>
    /// <param name="validator">Collects the errors.</param>
    /// <param name="has">True if the provider has the option.</param>
    /// <param name="given">The value of the option; null or an empty list: it is not set.</param>
    /// <param name="option">The name of the option.</param>
    public static void Expect(OptionsValidator validator, bool has, object? given, [CallerArgumentExpression(nameof(given))] string option = "")
    {
        if (!has && given is not (null or IReadOnlyList<string> { Count: 0 }))
        {
            validator.Add($"{option} needs the OpenSSL provider, which this build does not have.", option);
        }
    }
}
