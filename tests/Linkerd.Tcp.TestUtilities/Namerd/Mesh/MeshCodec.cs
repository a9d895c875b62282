using Grpc.Core;
using Linkerd.Tcp.Namerd.Protocol;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;
using Dtab = Linkerd.Tcp.Naming.Dtab;

namespace Linkerd.Tcp.TestUtilities;

/// <summary><c>Codec</c>: between the texts of dtabs and paths and their messages.</summary>
internal sealed class MeshCodec(MeshCounters counters) : Codec.CodecBase
{
    public override Task<ReadDtabRsp> ReadDtab(ReadDtabReq request, ServerCallContext context)
    {
        counters.Call(nameof(ReadDtab));
        return Task.FromResult(new ReadDtabRsp { Dtab = MeshMessages.Of(Read(() => Dtab.Parse(request.Text))) });
    }

    public override Task<ShowDtabRsp> ShowDtab(ShowDtabReq request, ServerCallContext context)
    {
        counters.Call(nameof(ShowDtab));
        return Task.FromResult(new ShowDtabRsp { Text = MeshRequests.Dtab(request.Dtab).ToString(NameTreeFormat.Namerd) });
    }

    public override Task<ReadPathRsp> ReadPath(ReadPathReq request, ServerCallContext context)
    {
        counters.Call(nameof(ReadPath));
        return Task.FromResult(new ReadPathRsp { Path = MeshMessages.Of(Read(() => DstPath.Parse(request.Text))) });
    }

    public override Task<ShowPathRsp> ShowPath(ShowPathReq request, ServerCallContext context)
    {
        counters.Call(nameof(ShowPath));
        return Task.FromResult(new ShowPathRsp { Text = MeshRequests.Name(request.Path).ToString() });
    }

    private static T Read<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (NameSyntaxException exception)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, exception.Message));
        }
    }
}
