/** Apache Kafka's own server, which ends when the process that started it does: its standard input is then at its end. */
public final class Broker {
  public static void main(String[] args) throws Exception {
    Thread watch = new Thread(() -> {
      try {
        while (System.in.read() >= 0) {}
      } catch (java.io.IOException gone) {
        // The same as the end of the input.
      }
      Runtime.getRuntime().halt(1);
    });
    watch.setDaemon(true);
    watch.start();
    kafka.Kafka.main(args);
  }
}
