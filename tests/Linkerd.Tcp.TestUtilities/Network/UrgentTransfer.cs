using System.Buffers;
using System.Globalization;
using System.Net.Sockets;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>
/// A stream with urgent bytes in it (RFC 9293, 3.8.5; MSG_OOB of send(2)), and what may come out at its other end. Ordinary bytes are below 128, urgent ones
/// are numbered from 128 on.
/// </summary>
public sealed class UrgentTransfer
{
    private const byte FirstUrgent = 128;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Socket _sender;
    private readonly Received _received = new();
    private readonly Task _receiving;
    private readonly ArrayBufferWriter<byte> _ordinary = new();
    private int _urgent;

    /// <summary>Makes one.</summary>
    /// <param name="sender">Where it goes in. TCP, without Nagle's delay.</param>
    /// <param name="receiver">Where it comes out.</param>
    public UrgentTransfer(Socket sender, Socket receiver)
    {
        _sender = sender;
        _receiving = _received.FillAsync(receiver);
    }

    /// <summary>Sends, and waits until all of it has come out.</summary>
    /// <param name="script">
    /// Steps, separated by spaces: a number of ordinary bytes, with K for 1,024 and M for 1,048,576; <c>U</c>, one urgent byte; <c>|</c>, wait until all
    /// ordinary bytes so far have come out; <c>FIN</c>, the end of the stream.
    /// </param>
    /// <returns>What is wrong; null: nothing.</returns>
    public async Task<string?> RunAsync(string script)
    {
        try
        {
            foreach (var step in script.Split(' '))
            {
                await TakeStepAsync(step).WaitAsync(Patience);
            }

            await (script.EndsWith("FIN", StringComparison.Ordinal) ? _receiving : _received.WaitForAsync(_ordinary.WrittenCount)).WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            return $"{_received} after {Patience.TotalSeconds} s, of {_ordinary.WrittenCount}";
        }

        return _received.Classify(_ordinary.WrittenSpan.ToArray(), _urgent);
    }

    private async Task TakeStepAsync(string step)
    {
        switch (step)
        {
            case "|":
                await _received.WaitForAsync(_ordinary.WrittenCount);
                break;
            case "U":
                await _sender.SendAsync(new[] { (byte)(FirstUrgent + _urgent++) }, SocketFlags.OutOfBand);
                break;
            case "FIN":
                _sender.Shutdown(SocketShutdown.Send);
                break;
            default:
                var data = Ordinary(_ordinary.WrittenCount, LengthOf(step));
                _ordinary.Write(data);
                await _sender.SendAllAsync(data);
                break;
        }
    }

    private static byte[] Ordinary(long start, int length)
    {
        var data = new byte[length];
        for (var i = 0; i < length; i++)
        {
            var place = start + i;
            data[i] = (byte)((place ^ (place >> 7) ^ (place >> 14)) & 0x7F);
        }

        return data;
    }

    private static int LengthOf(string step)
    {
        var unit = step[^1] switch { 'K' => 1 << 10, 'M' => 1 << 20, _ => 1 };
        return unit * int.Parse(unit == 1 ? step : step[..^1], CultureInfo.InvariantCulture);
    }

    private sealed class Received
    {
        private readonly Lock _lock = new();
        private readonly ArrayBufferWriter<byte> _ordinary = new();
        private readonly List<byte> _urgent = [];
        private string? _end;
        private long _awaited = long.MaxValue;
        private TaskCompletionSource _enough = new();

        public override string ToString()
        {
            lock (_lock)
            {
                return $"{_ordinary.WrittenCount} bytes, {_end ?? "no end"}";
            }
        }

        public async Task FillAsync(Socket socket)
        {
            var buffer = new byte[256 * 1024];
            try
            {
                int count;
                while ((count = await socket.ReceiveAsync(buffer)) > 0)
                {
                    Add(buffer.AsSpan(0, count));
                }

                End("FIN");
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                End(error.Message);
            }
        }

        public Task WaitForAsync(long count)
        {
            lock (_lock)
            {
                _awaited = count;
                _enough = new(TaskCreationOptions.RunContinuationsAsynchronously);
                TellIfEnough();
                return _enough.Task;
            }
        }

        /// <summary>
        /// The ordinary bytes are all there, in order. An urgent byte is none of them, unless it was overtaken: TCP has one urgent pointer, and what it pointed
        /// to before is ordinary. So each may have come, in its order, but for the last.
        /// </summary>
        public string? Classify(byte[] sent, int urgent)
        {
            lock (_lock)
            {
                var ordinary = _ordinary.WrittenSpan.ToArray();
                var same = ordinary.AsSpan().CommonPrefixLength(sent);
                if (same != sent.Length || same != ordinary.Length)
                {
                    return $"{ordinary.Length} ordinary bytes of {sent.Length}, the first {same} are right, {_end ?? "no end"}";
                }

                var inOrder = _urgent.SequenceEqual(_urgent.Distinct().Order());
                return inOrder && _urgent.TrueForAll(one => one < FirstUrgent + urgent - 1) ? null : $"urgent bytes {string.Join(", ", _urgent)}";
            }
        }

        private void Add(ReadOnlySpan<byte> data)
        {
            lock (_lock)
            {
                for (var urgent = data.IndexOfAnyInRange(FirstUrgent, byte.MaxValue); urgent >= 0; urgent = data.IndexOfAnyInRange(FirstUrgent, byte.MaxValue))
                {
                    _ordinary.Write(data[..urgent]);
                    _urgent.Add(data[urgent]);
                    data = data[(urgent + 1)..];
                }

                _ordinary.Write(data);
                TellIfEnough();
            }
        }

        private void End(string how)
        {
            lock (_lock)
            {
                _end = how;
                TellIfEnough();
            }
        }

        private void TellIfEnough()
        {
            if (_ordinary.WrittenCount >= _awaited || _end is not null)
            {
                _enough.TrySetResult();
            }
        }
    }
}
