using Grpc.Core;
using Linkerd.Tcp.Namerd.Mesh.Servers;
using Linkerd.Tcp.Namerd.Mesh.Wire;
using Linkerd.Tcp.Namerd.Protocol;
using Linkerd.Tcp.Namerd.Shared;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Namerd.Mesh.Delegation;

/// <summary>The request of how a name is bound, sent once: to one namerd after the other until one answers.</summary>
internal sealed class MeshDelegation(MeshOptions options, MeshServers servers, DstPath name)
{
    private readonly DelegateTreeReq _request = new()
    {
        Root = MeshNames.ToMessage(DstPath.FromLabels(options.Namespace)),
        Tree = MeshDtabWriter.ToMessage(new NameTree.Leaf(name)),
        Dtab = MeshDtabWriter.ToMessage(options.Dtab),
    };

    /// <exception cref="MeshException">None has a good answer.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<DelegateTreeRsp> AskAsync(CancellationToken cancellationToken)
    {
        var asked = new List<MeshServer>();
        var errors = new List<string>();
        var server = await servers.TakeAsync(avoid: null, cancellationToken).ConfigureAwait(false);
        while (true)
        {
            try
            {
                var (answer, error) = await AskAsync(server, cancellationToken).ConfigureAwait(false);
                if (answer is not null)
                {
                    return answer;
                }

                errors.Add(error!);
            }
            finally
            {
                server.Release();
            }

            asked.Add(server);
            server = await servers.TakeOtherAsync(asked, cancellationToken).ConfigureAwait(false)
                ?? throw new MeshException(string.Join("; ", errors.Distinct()), blamesServer: true);
        }
    }

    // An error if it comes from this namerd, and another one may do better.
    private async Task<(DelegateTreeRsp? Answer, string? Error)> AskAsync(MeshServer server, CancellationToken cancellationToken)
    {
        var epoch = server.Epoch;
        using var deadline = new Deadline(options.TimeProvider, cancellationToken);
        deadline.Arm(options.RequestTimeout);
        try
        {
            using var call = server.Calls.AsyncUnaryCall(MeshDelegateMethod.Instance, null, new CallOptions(cancellationToken: deadline.Token), _request);
            return (await call.ResponseAsync.ConfigureAwait(false), null);
        }
        catch (Exception exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (deadline.IsExpired)
            {
                return (null, MeshFailure.NoAnswer(server, name, options.RequestTimeout));
            }

            var error = MeshFailure.Translate(server, name, exception);
            if (!error.BlamesServer)
            {
                throw error;
            }

            // A status alone does not pause it: a namerd that does not delegate may still bind.
            if (exception is not RpcException { Status.DebugException: null })
            {
                server.Fail(error, epoch);
            }

            return (null, error.Message);
        }
    }
}
