/* SPDX-License-Identifier: MIT
 *
 * task.h: see FreeRTOS.h beside it.
 */
#ifndef STUB_TASK_H
#define STUB_TASK_H

#include "FreeRTOS.h"

#ifndef MPU_WRAPPERS_INCLUDED_FROM_API_FILE
#define STUB_FOR_APPLICATIONS /* with an MPU, tasks without privileges would get wrappers here */
#endif

void vTaskSuspendAll(void);
BaseType_t xTaskResumeAll(void);
void stub_enter_critical(void);
void stub_exit_critical(void);
typedef struct stub_task *TaskHandle_t;
BaseType_t xTaskCreate(void (*code)(void *), const char *name, size_t stack_words, void *parameter,
                       unsigned long priority, TaskHandle_t *handle);
void vTaskStartScheduler(void);
#define taskENTER_CRITICAL() stub_enter_critical()
#define taskEXIT_CRITICAL()  stub_exit_critical()

#endif
