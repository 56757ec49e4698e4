namespace Tcg.Mttcg.Actors.Protocol;

/// <summary>Answers a vCPU's ask: handed to the blocked asker past everything else in its mailbox.</summary>
public interface IVcpuReply;

/// <summary>
/// Work on a vCPU's own TLB that somebody else waits for. Its owner serves it whenever it is access-quiescent, also while blocked in an ask,
/// and always before it touches guest memory again.
/// </summary>
public interface IAccessRequest
{
    /// <summary>Names the wait this belongs to; goes back in <see cref="RequestServed"/>.</summary>
    long Ticket { get; }
}

/// <summary>Work on what a vCPU remembers of translated code: served only with no return address into the code buffer on its stack.</summary>
public interface ICodeRequest
{
    /// <inheritdoc cref="IAccessRequest.Ticket"/>
    long Ticket { get; }
}

/// <summary>For the memory actor, from outside the machine: the machine actor passes it on.</summary>
public interface IMemoryRequest;

/// <summary>A vCPU served an <see cref="IAccessRequest"/> or <see cref="ICodeRequest"/>: told to whoever sent it.</summary>
public sealed record RequestServed(long Ticket, int Cpu);
