using Linkerd.Tcp.Namerd.Mesh.Delegation;
using Linkerd.Tcp.Namerd.Mesh.Servers;
using Linkerd.Tcp.Namerd.Mesh.Wire;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Namerd.Mesh;

/// <summary>Explains how namerd binds a name, through its gRPC interface (<c>GetDelegateTree</c>). Members may be called from any thread. It owns nothing.</summary>
/// <param name="resolver">The resolver whose addresses, namespace, dtab and connections are used.</param>
/// <remarks>
/// Each namerd is tried at most once, for <see cref="MeshOptions.RequestTimeout"/> each: the next one only if one cannot be reached or does not answer.
/// namerd answers when all of its namers have, however long that takes; it does not wait for addresses. All weights are exact.
/// </remarks>
public sealed class MeshDelegator(MeshResolver resolver) : IDelegator
{
    private readonly MeshResolver _resolver = resolver ?? throw new ArgumentNullException(nameof(resolver));

    /// <inheritdoc/>
    public async Task<DelegateTree> DelegateAsync(DstPath name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        try
        {
            return MeshDelegationReader.Read(await _resolver.DelegateAsync(name, cancellationToken).ConfigureAwait(false));
        }
        catch (MeshFormatException error)
        {
            return new DelegateTree.Failed(name, null, $"namerd's delegation of {name} cannot be read: {error.Message}");
        }
        catch (MeshException error)
        {
            return new DelegateTree.Failed(name, null, error.Message);
        }
        catch (Exception error) when (error is ObjectDisposedException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new DelegateTree.Failed(name, null, $"the resolver that was to ask about {name} is disposed");
        }
    }
}
