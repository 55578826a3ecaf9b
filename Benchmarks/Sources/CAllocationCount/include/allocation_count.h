#ifndef PERCH_ALLOCATION_COUNT_H
#define PERCH_ALLOCATION_COUNT_H

/// How often this thread has asked for memory since it began.
unsigned long perch_allocation_count(void);

#endif
