using System.Text.Json;
using Linkerd.Tcp.Namerd.Delegation;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Namerd;

/// <summary>Explains how namerd binds a name, through its HTTP interface (<c>/api/1/delegate</c>). Members may be called from any thread. It owns nothing.</summary>
/// <param name="resolver">The resolver whose addresses, namespace and dtab are used.</param>
/// <remarks>
/// namerd waits 2 s for its namers, then it refuses. Weights in the entries of the dtab are as namerd prints them, with two decimals; those of unions are exact.
/// </remarks>
public sealed class NamerdDelegator(NamerdResolver resolver) : IDelegator
{
    /// <inheritdoc/>
    public async Task<DelegateTree> DelegateAsync(DstPath name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        try
        {
            var document = await resolver.DelegateAsync(name, cancellationToken).ConfigureAwait(false);
            return DelegateDocument.Read(document);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            return new DelegateTree.Failed(name, null, error.Message);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return new DelegateTree.Failed(name, null, $"namerd's delegation of {name} cannot be read: {error.Message}");
        }
    }
}
