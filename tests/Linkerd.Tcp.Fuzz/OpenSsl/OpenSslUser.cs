using System.Runtime.InteropServices;
using Linkerd.Tcp.Security.Native;
using Linkerd.Tcp.Security.OpenSsl;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Fuzz.OpenSsl;

/// <summary>What the user of one end does at the end of its stream.</summary>
internal enum UserPlan
{
    /// <summary>It ends its stream behind its last byte.</summary>
    EndAtOnce,

    /// <summary>It ends its stream once it has read the end of the other.</summary>
    EndLast,

    /// <summary>It closes the connection behind its last byte, without an end of TLS.</summary>
    Cut,

    /// <summary>It resets the connection behind its last byte.</summary>
    Abort,
}

/// <summary>The user of one end: it sends a text in pieces, reads what comes, ends its stream by its plan, and checks what it sees.</summary>
internal sealed class OpenSslUser(OpenSslEnd end, RecordWire wire, byte[] text, UserPlan plan, Func<int, int> next)
{
    private static readonly int[] ReadSizes = [1, 100, 4096, 16 * 1024, 64 * 1024];

    private readonly List<byte> _received = [];
    private int _sent;

    public ReadOnlySpan<byte> Received => CollectionsMarshal.AsSpan(_received);

    /// <summary>The end of what it has read; null: none yet.</summary>
    public TransportStatus? End { get; private set; }

    /// <summary>Whether its close_notify was written behind the whole text.</summary>
    public bool HasEndedSend { get; private set; }

    public bool IsOver { get; private set; }

    /// <summary>What it has done so far.</summary>
    public string State => $"{(end.Layer is null ? "handshake" : "stream")}, {_sent} of {text.Length} sent, {_received.Count} received, end {End?.ToString() ?? "none"}{(HasEndedSend ? ", ended" : "")}{(IsOver ? ", over" : "")} {end.Session.Error}";

    private bool HasSentAll => _sent == text.Length;

    /// <summary>Does one thing.</summary>
    public void Act(bool updatesKeys)
    {
        if (IsOver)
        {
            return;
        }

        if (end.HasFailed)
        {
            Close(TransportStatus.Ok);
        }
        else if (end.Layer is null)
        {
            end.Handshake();
        }
        else
        {
            wire.IsStream = true;
            Expect(end.Socket.Sent <= _sent, "more is counted as sent than was sent");
            switch (next(3))
            {
                case 0:
                    Read();
                    break;
                case 1:
                    if (updatesKeys && !end.Session.HasFailed && !HasSentAll && !end.Layer.HasOutput && next(4) == 0)
                    {
                        // It goes past the layer, behind what that holds back.
                        end.Layer.Flush();
                        if (!end.Layer.HasOutput)
                        {
                            wire.Send(end.EncryptKeyUpdate(isRequest: next(2) == 0));
                        }
                    }

                    Send();
                    break;
                default:
                    if (end.Layer.HasOutput)
                    {
                        end.Layer.Flush();
                    }

                    break;
            }

            Finish();
        }

        Expect(LibSsl.ERR_peek_error() == 0, "an error is left in the queue of OpenSSL");
        Expect(OpenSslSession.Current is null, "a session is left to the callbacks");
    }

    private void Read()
    {
        if (End is not null || end.Read(ReadSizes[next(ReadSizes.Length)], out var status) is not { } read)
        {
            return;
        }

        _received.AddRange(read);
        Expect(end.Socket.Received == _received.Count, "other bytes are counted than those that were received");
        if (read.Length == 0)
        {
            End = status;
            Expect(!end.Session.HasFailed || status != TransportStatus.Ok, "a session that failed has a clean end");
        }
    }

    private void Send()
    {
        if (HasSentAll || HasEndedSend)
        {
            return;
        }

        var status = end.Send(text.AsSpan(_sent), out var sent);
        Expect(sent >= 0 && _sent + sent <= text.Length, "more was sent than there is");
        _sent += sent;
        if (status != TransportStatus.Ok)
        {
            Expect(end.Session.HasFailed || end.Socket.SendStatus != TransportStatus.Ok, "a send fails on a connection that is whole");
            Close(TransportStatus.Reset);
        }
    }

    private void Finish()
    {
        if (IsOver)
        {
            return;
        }

        if (End is not null and not TransportStatus.Ok)
        {
            Close(TransportStatus.Reset);
            return;
        }

        if (HasSentAll && !HasEndedSend)
        {
            switch (plan)
            {
                case UserPlan.EndAtOnce:
                case UserPlan.EndLast when End is not null:
                    end.Layer!.EndSend();
                    HasEndedSend = !end.Session.HasFailed;
                    break;
                case UserPlan.Cut when !end.Layer!.HasOutput:
                    Close(TransportStatus.Ok);
                    break;
                case UserPlan.Abort:
                    Close(TransportStatus.Reset);
                    break;
            }
        }

        // The FIN follows the last bytes of the layer.
        if (HasEndedSend && !end.Layer!.HasOutput && !end.Socket.IsFinSent)
        {
            end.Socket.IsFinSent = true;
            wire.SendEnd(TransportStatus.Ok);
        }

        Expect(end.Socket.SendsBehindFin == 0, "bytes are sent behind the FIN");
        if (HasEndedSend && End is not null && end.Socket.IsFinSent)
        {
            Close(TransportStatus.Ok);
        }
    }

    private void Close(TransportStatus how)
    {
        if (!IsOver)
        {
            IsOver = true;
            wire.SendEnd(how);
            end.Dispose();
        }
    }

    private static void Expect(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new FuzzException(otherwise);
        }
    }
}
